// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Hub;
import java.io.IOException;
import java.nio.file.Path;

/** A server that can be measured. Immutable. */
public interface Target {
  /** {@return the word it is chosen by} */
  String name();

  /** {@return whether it tells topics apart} */
  default boolean hasTopics() {
    return true;
  }

  /** {@return whether one can publish to it, and read what others publish} */
  default boolean isHub() {
    return true;
  }

  /** {@return whether it answers chat requests} */
  default boolean isRelay() {
    return false;
  }

  /** {@return whether a reader that comes back by Last-Event-ID gets what it missed} */
  default boolean resumes() {
    return false;
  }

  /** {@return how many events its slowest reader may be behind before it is cut} */
  default int behindMax() {
    return Integer.MAX_VALUE;
  }

  /**
   * Starts it, or starts it again.
   *
   * @param folder its own, which keeps what it keeps
   * @param core where it may run; a target that is about several cores does as it likes
   * @param port of loopback to listen on
   * @throws SkippedException when this machine does not have it
   */
  Started start(Path folder, String core, int port) throws IOException, InterruptedException;

  /**
   * A running server.
   *
   * @param process its process, which the receiver closes
   * @param hub how to talk to it
   * @param description version and configuration, in one line
   */
  record Started(ServerProcess process, Hub hub, String description) {}

  /** This machine cannot run it: the report says so. */
  final class SkippedException extends IOException {
    private static final long serialVersionUID = 1L;

    SkippedException(String message) {
      super(message);
    }
  }
}
