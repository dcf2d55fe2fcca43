// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.LocalAccess;
import dev.teleprinter.server.Routes;
import dev.teleprinter.server.Server;
import dev.teleprinter.server.ServerConfig;
import dev.teleprinter.server.WireClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thousand generated publications that something is wrong with, over sockets. */
@Timeout(120)
class MalformedPublicationsProtocolTest {
  private static final int COUNT = 1000;
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded";

  private final MercureConfig config =
      MercureConfig.defaults()
          .withAccess(new LocalAccess(true, List.of()))
          .withEventBytesMax(MalformedPublication.EVENT_BYTES_MAX);
  private final MemoryBudget memory = new MemoryBudget(64 << 20);

  @Test
  void eachIsAnsweredClearlyNothingIsLostAndABystanderIsServed() throws Exception {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    try (var journal = new MemoryJournal(JournalConfig.defaults());
        var server = start(journal);
        var bystander = new WireClient(server.port())) {
      var published = new ArrayList<String>();
      for (int i = 0; i < COUNT; i++) {
        var topic = "malformed/" + i;
        var sent = MalformedPublication.next(random, topic);
        var as = "seed %d, number %d: %s".formatted(seed, i, sent.what());
        send(server, sent, as);
        while (journal.list(topic, 0, 10).size() < sent.kept()) {
          Thread.onSpinWait(); // its sender left: what came is published by and by
        }
        assertThat(journal.list(topic, 0, 10)).as(as).hasSize(sent.kept());
        bystander.post(MercureHub.PATH, "topic=bystander&data=" + i, FORM);
        assertThat(bystander.whole().head().status()).as(as).isEqualTo(200);
        published.add("" + i);
      }
      assertThat(journal.list("bystander", 0, COUNT + 1))
          .extracting(kept -> kept.event().data())
          .isEqualTo(published);
      while (memory.reserved() > 0) {
        Thread.onSpinWait(); // until the last that left is gone
      }
    }
  }

  private static void send(Server server, MalformedPublication sent, String as) throws IOException {
    try (var client = new WireClient(server.port())) {
      client.send(sent.request().getBytes(ISO_8859_1));
      if (sent.status() > 0) {
        var answer = client.whole();
        assertThat(answer.head().status()).as(as + ": " + answer.body()).isEqualTo(sent.status());
        assertThat(answer.body()).as(as).contains("\"code\":\"" + sent.code() + "\"");
      }
    }
  }

  private Server start(MemoryJournal journal) throws IOException {
    return Server.start(
        ServerConfig.defaults().withPort(0).withLoops(1),
        (_, _) -> {
          var routes = new Routes();
          new MercureHub(journal, config, memory).addRoutes(routes);
          return routes;
        },
        journal,
        memory);
  }
}
