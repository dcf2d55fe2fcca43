// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.tests.hostile.RawConnection.Reply;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Upstreams that lie, stall or never end, asked many times over. */
@Tag("long")
@Timeout(600)
class HostileUpstreamsIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static Siege siege;

  @BeforeAll
  static void begin() {
    siege = Siege.begin();
  }

  @AfterAll
  static void end() {
    siege.close();
  }

  private static String chat(String model, boolean streamed) {
    var json =
        "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
            .formatted(model, streamed);
    return RawConnection.head("POST", "/v1/chat/completions", "application/json", json.length())
        + json;
  }

  @Test
  void whateverAnUpstreamSaysTheClientGetsAnErrorOfOurs() throws Exception {
    siege.attack(HostileUpstreamsIT::askAll);
  }

  static String askAll(int port) throws Exception {
    var wrong = new ConcurrentHashMap<String, String>();
    var fates = new ConcurrentHashMap<String, FateTally>();
    int kinds = UnfitUpstream.UNFIT.size();
    AttackCrowd.act(
        AttackStrength.of(6, 30) * kinds,
        16,
        number -> {
          var model = UnfitUpstream.UNFIT.get(number % kinds);
          boolean streamed = number / kinds % 2 == 0 || model.equals("silent"); // else by right
          var fate = ask(port, model, streamed, wrong);
          fates.computeIfAbsent(model, _ -> new FateTally()).add(fate);
          return fate;
        });
    assertThat(wrong).as("%s", new TreeMap<>(fates)).isEmpty();
    return new TreeMap<>(fates).toString();
  }

  private static ConnectionFate ask(
      int port, String model, boolean streamed, ConcurrentHashMap<String, String> wrong)
      throws IOException {
    try (var connection = new RawConnection(port)) {
      var reply = connection.send(chat(model, streamed)).reply(LIMIT);
      for (var fault : faults(model, reply)) {
        wrong.put(model + (streamed ? ", streamed" : ""), fault);
      }
      return new ConnectionFate.Answered(reply.status());
    } catch (SocketTimeoutException e) {
      wrong.put(model, "no answer within " + LIMIT);
      return new ConnectionFate.Silent();
    }
  }

  private static List<String> faults(String model, Reply reply) {
    var faults = new ArrayList<String>();
    var type = reply.header("Content-Type");
    if (reply.status() > 599) {
      faults.add("status " + reply.status());
    }
    if (!type.startsWith("application/json") && !type.startsWith("text/event-stream")) {
      faults.add("type " + type);
    }
    if (!reply.header("Content-Encoding").isEmpty() || reply.text().indexOf('\u001f') >= 0) {
      faults.add("compressed");
    }
    if (reply.text().contains(UnfitUpstream.KEY)) {
      faults.add("the key");
    }
    if (reply.status() == 200
        && !reply.text().contains("\"error\"")
        && !model.equals("endless-body")) {
      faults.add(
          "200 without an error: "
              + reply.text().substring(0, Math.min(80, reply.text().length())));
    }
    return faults;
  }
}
