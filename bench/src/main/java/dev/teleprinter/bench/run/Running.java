// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.Hub;
import dev.teleprinter.bench.servers.Folders;
import dev.teleprinter.bench.servers.ServerProcess;
import dev.teleprinter.bench.servers.Target;
import java.io.IOException;
import java.nio.file.Path;

/** A target that runs, through its restarts. Confined to one thread. */
final class Running implements AutoCloseable {
  final Target target;
  private final Path folder;
  private final String core;
  private final int port;
  private Target.Started started;

  /** Starts it in a folder of its own. */
  Running(Target target, Path folder, String core) throws IOException, InterruptedException {
    this.target = target;
    this.folder = folder;
    this.core = core;
    this.port = ServerProcess.freePort();
    this.started = target.start(folder, core, port);
  }

  String core() {
    return core;
  }

  ServerProcess process() {
    return started.process();
  }

  Hub hub() {
    return started.hub();
  }

  String description() {
    return started.description();
  }

  /** Kills it, as {@code kill -9} does. */
  void kill() throws InterruptedException {
    started.process().kill();
  }

  /** {@return where it keeps what it keeps} */
  Path folder() {
    return folder;
  }

  /** Deletes what it kept. Not while it runs. */
  void forget() throws IOException {
    Folders.delete(folder);
  }

  /** Starts it again on the same port, with what it kept. Returns when it listens. */
  void startAgain() throws IOException, InterruptedException {
    started = target.start(folder, core, port);
  }

  @Override
  public void close() {
    started.process().close();
  }
}
