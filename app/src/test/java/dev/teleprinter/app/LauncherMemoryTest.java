// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/memory.sh}: what the process may use, and what its parts get. */
class LauncherMemoryTest {
  private static final Pattern OPTION = Pattern.compile("-(?:XX:|D)?([A-Za-z.]+)=?([0-9]+)m?");
  private static final long MIB = 1L << 20;

  @TempDir private Path system;

  @BeforeEach
  void machine() throws IOException {
    write("proc/meminfo", "MemTotal:       24683520 kB\nMemFree:        1 kB\n");
  }

  @Test
  void takesTheMachinesMemoryWithoutAContainer() throws Exception {
    write("proc/self/cgroup", "0::/user.slice/session\n");
    write("sys/fs/cgroup/user.slice/session/memory.max", "max\n");
    assertThat(usable()).isEqualTo(24105);
  }

  @Test
  void takesAContainersLimit() throws Exception {
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", "536870912\n");
    assertThat(usable()).isEqualTo(512);
  }

  @Test
  void takesTheLeastOfAGroupAndThoseAboveIt() throws Exception {
    write("proc/self/cgroup", "0::/a/b\n");
    write("sys/fs/cgroup/a/b/memory.max", "4294967296\n");
    write("sys/fs/cgroup/a/memory.max", "1073741824\n");
    assertThat(usable()).isEqualTo(1024);
  }

  @Test
  void takesALimitOfTheFirstVersion() throws Exception {
    write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/1\n0::/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n"); // as seen from inside
    assertThat(usable()).isEqualTo(2048);
    write("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "1073741824\n");
    assertThat(usable()).isEqualTo(1024);
  }

  @Test
  void takesNoLimitThatIsAboveTheMachine() throws Exception {
    write("proc/self/cgroup", "4:memory:/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertThat(usable()).isEqualTo(24105);
  }

  @Test
  void goesOnWhereNothingIsSaid() throws Exception {
    Files.delete(system.resolve("proc/meminfo"));
    assertThat(usable()).isZero();
    assertThat(shares(0).get("Xmx")).isEqualTo(512);
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 600, 1024, 1500, 2047, 2048, 4095, 4096, 8192, 24105})
  void sharesNoMoreThanThereIs(int mib) throws Exception {
    var shares = shares(mib);
    long netty = shares.get("io.netty.maxDirectMemory") / MIB;
    long all = shares.get("Xmx") + shares.get("MaxDirectMemorySize") + netty;
    assertThat(all + 140).isLessThanOrEqualTo(mib); // classes, code, threads, the runtime itself
    assertThat(shares.get("teleprinter.memory.frames") / MIB)
        .isBetween(64L, shares.get("MaxDirectMemorySize") - 64);
    assertThat(shares.get("teleprinter.memory.total")).isEqualTo(mib * MIB);
  }

  @Test
  void growsToAHeapOfAGibibyteAndAHalf() throws Exception {
    assertThat(shares(4096).get("Xmx")).isEqualTo(512);
    assertThat(shares(24576).get("Xmx")).isEqualTo(1536);
    assertThat(shares(1 << 20).get("Xmx")).isEqualTo(1536);
  }

  private void write(String name, String text) throws IOException {
    var file = system.resolve(name);
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, text);
  }

  private int usable() throws Exception {
    return Integer.parseInt(bash("usable_mib " + system + "; echo $mib"));
  }

  private static Map<String, Long> shares(int mib) throws Exception {
    return OPTION
        .matcher(bash("share_memory " + mib + "; echo $memory_flags"))
        .results()
        .collect(Collectors.toMap(m -> m.group(1), m -> Long.valueOf(m.group(2))));
  }

  private static String bash(String script) throws Exception {
    var bash =
        new ProcessBuilder("bash", "-c", "set -euo pipefail; . ../bin/memory.sh; " + script)
            .redirectErrorStream(true)
            .start();
    var said = new String(bash.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(bash.waitFor()).as(said).isZero();
    return said;
  }
}
