// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A reader whose machine is gone without a word: no packet arrives, and none comes back. */
@Timeout(120)
class HalfOpenPeersIT {
  @Test
  void aReaderThatVanishedIsFoundByTheHeartbeatItDoesNotAcknowledge(@TempDir Path folder)
      throws Exception {
    Tool.require("unshare");
    Tool.require("curl");
    Tool.requireOwnNetworks();
    var config = folder.resolve("config.yaml");
    Files.writeString(config, "timeouts: {heartbeat: 500ms, write: 2s}\n");
    var command = new ArrayList<>(List.of("unshare", "--map-root-user", "--net"));
    command.add(Path.of("src/test/shell/half-open.sh").toAbsolutePath().toString());
    command.addAll(RunningTeleprinter.command(folder, 8080)); // all ports are free there
    assertThat(Tool.output(folder, command.toArray(String[]::new))).endsWith("found\n");
  }
}
