// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Appended;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.server.Answers;
import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Reply;
import dev.teleprinter.server.Response.Subscribe;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A hub over a real journal in memory that keeps three events of topics named {@code small…}. */
final class HubFixture implements AutoCloseable {
  final MemoryJournal journal =
      new MemoryJournal(
          JournalConfig.defaults()
              .withMemoryBytesMax(16 << 20)
              .withRules(
                  List.of(
                      new JournalConfig.Rule("small*", Retention.defaults().withEventsMax(3)))));
  final MemoryBudget memory = new MemoryBudget(64 << 20);
  private final Routes routes = new Routes();

  HubFixture() {
    this(MercureConfig.defaults());
  }

  HubFixture(MercureConfig config) {
    new MercureHub(journal, config, memory).addRoutes(routes);
  }

  Response handle(FakeRequest request) throws Exception {
    return Answers.of(routes.match(request.method(), request.path()).handler().handle(request));
  }

  /** {@return the id a publication was answered with} */
  String publish(String form) throws Exception {
    return text(handle(Requests.form(form)));
  }

  Subscribe subscribe(FakeRequest request) throws Exception {
    return (Subscribe) handle(request);
  }

  ProblemException refused(FakeRequest request) {
    var problem = catchThrowableOfType(ProblemException.class, () -> handle(request));
    assertThat(problem).isNotNull();
    return problem;
  }

  Appended append(String topic, String data) {
    return journal.append(Append.to(topic, Event.of(data)));
  }

  /** {@return what a topic holds} */
  List<Event> events(String topic) {
    return journal.list(topic, 0, 1000).stream().map(e -> e.event()).toList();
  }

  static String text(Response response) {
    assertThat(((Reply) response).status()).isEqualTo(200);
    return new String(((Reply) response).body(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    journal.close();
  }
}
