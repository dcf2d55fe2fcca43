// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.mercure.MercureConfig;
import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.server.Routes;
import dev.teleprinter.server.Server;
import dev.teleprinter.server.ServerConfig;
import java.io.IOException;

/** The program measured: the hub over a journal in memory, with default limits. */
public final class HubServer {
  private HubServer() {}

  /** Listens on the port given until it is ended. */
  public static void main(String[] args) throws IOException, InterruptedException {
    var journal = new MemoryJournal(JournalConfig.defaults());
    var config = ServerConfig.defaults().withPort(Integer.parseInt(args[0]));
    var server =
        Server.start(
            config,
            readers -> {
              var routes = new Routes();
              new MercureHub(journal, MercureConfig.defaults()).addRoutes(routes);
              return routes;
            },
            journal);
    System.out.println("listens on " + server.port());
    Thread.currentThread().join();
  }
}
