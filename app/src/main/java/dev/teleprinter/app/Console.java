// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Readers;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Routes;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the page {@code /console} shows and does. While somebody looks, the server's state once a
 * second: an event stream, but not of a topic, as what was a second ago is nothing to keep.
 * Thread-safe.
 */
final class Console {
  static final String TOPIC = "/console/feed";
  static final Duration PERIOD = Duration.ofSeconds(1);

  private static final int IDLE_BEATS_MAX = 2;

  private final Journal journal;
  private final Readers readers;
  private final Snapshots snapshots;
  private final Supplier<String> configuration;
  private final Pulse pulse;

  private volatile byte[] newest = "data: {}\n\n".getBytes(UTF_8);

  /**
   * A console that shows nothing yet.
   *
   * @param configuration the settings, without secrets, as text
   */
  Console(
      Journal journal,
      Readers readers,
      Snapshots snapshots,
      Pulse.Metronome metronome,
      Supplier<String> configuration) {
    this.journal = journal;
    this.readers = readers;
    this.snapshots = snapshots;
    this.configuration = configuration;
    this.pulse = new Pulse(metronome, PERIOD, IDLE_BEATS_MAX, this::look);
  }

  /** Adds its routes; whoever passes them sees and may end everything. */
  void addRoutes(Routes routes) {
    routes
        .add("GET", TOPIC, _ -> feed())
        .add("GET", "/console/configuration", _ -> Response.text(200, configuration.get()))
        .add("GET", "/console/events", new EventPages(journal)::page)
        .add("POST", "/console/readers/{number}/shed", this::shed);
  }

  /** Begins to watch for those who look. */
  void watch() {
    readers.watch(TOPIC, pulse::onReaders);
  }

  /** The state now and, from the next beat on, the newest one each second. */
  private Response feed() {
    if (readers.count(TOPIC) == 0) { // else the newest one is of this second
      look();
    }
    return Response.Subscribe.to(Topics.of(TOPIC), journal.latest())
        .opening(newest)
        .live(this::newest);
  }

  /** An event block: the same array until there is news. */
  byte[] newest() {
    return newest;
  }

  private void look() {
    newest = block(snapshots.take());
  }

  private static byte[] block(Map<String, Object> snapshot) {
    return ("data: " + JsonMapper.shared().writeValueAsString(snapshot) + "\n\n").getBytes(UTF_8);
  }

  private Response shed(Request request) {
    var number = request.pathParameter("number");
    if (!number.matches("[0-9]{1,18}") || !readers.shed(Long.parseLong(number))) {
      throw new ProblemException(404, "no_reader", "reader: " + number + " (expected: one of now)");
    }
    return Response.noContent();
  }
}
