// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How many files and sockets the process may have open, and how many of them can be connections.
 * Immutable.
 *
 * @param limit the limit that the system holds the process to; {@link Long#MAX_VALUE} without one
 */
record Descriptors(long limit) {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String LINE = "Max open files";

  /** Jars, journal, log, and readers of files at one time. */
  private static final int FILES = 136;

  private static final int EACH_LOOP = 4; // poll, wake-up, timer, and its ring for sends
  private static final int CONNECTIONS_MIN = 8;
  private static final int REFUSED_MIN = 16;
  private static final int REFUSED_MAX = 512;

  /** {@return those of this process} */
  static Descriptors ofProcess() {
    if (Files.isReadable(LIMITS)) {
      try (var lines = Files.lines(LIMITS)) {
        return ofLimits(lines);
      } catch (IOException | UncheckedIOException e) {
        return new Descriptors(Long.MAX_VALUE); // then nothing can be said
      }
    }
    // It takes a twentieth of a second to load, so only where there is nothing else.
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? new Descriptors(unix.getMaxFileDescriptorCount())
        : new Descriptors(Long.MAX_VALUE);
  }

  /** {@return what the lines of {@code /proc/PID/limits} say, proc(5)} */
  static Descriptors ofLimits(Stream<String> lines) {
    var soft =
        lines
            .filter(line -> line.startsWith(LINE))
            .map(line -> line.substring(LINE.length()).strip().split(" +", 2)[0])
            .findFirst();
    return new Descriptors(
        soft.filter(text -> text.matches("[0-9]{1,18}")).map(Long::valueOf).orElse(Long.MAX_VALUE));
  }

  /**
   * {@return how many connections can be open at one time} The files that are needed beside them,
   * the connections to upstreams, and those that are refused have a share of their own.
   *
   * @param loops event loops
   * @param upstreamConnections that may be open at one time; a quarter of all at most counts
   */
  int connectionsMax(int loops, int upstreamConnections) {
    long free = limit - FILES - (long) EACH_LOOP * loops;
    long rest = free - Math.min(upstreamConnections, Math.max(0, free / 4));
    return Math.clamp(rest - refused(rest), CONNECTIONS_MIN, Integer.MAX_VALUE);
  }

  /** {@return the limit under which so many connections can be open} */
  static long wanted(int connections, int loops, int upstreamConnections) {
    return FILES
        + (long) EACH_LOOP * loops
        + Math.max(upstreamConnections, 0L)
        + connections
        + refused(connections);
  }

  /** Connections that are open for as long as it takes to refuse them: see the server's context. */
  private static long refused(long connections) {
    return Math.clamp(connections / 10, REFUSED_MIN, REFUSED_MAX);
  }
}
