// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.Appended;
import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Publishes one form: one event, the end of its topics, or both. Thread-safe. */
final class FormPublisher {
  /** A longer form takes a thread of its own: to parse it would keep the loop for too long. */
  private static final int AT_ONCE_BYTES_MAX = 64 << 10;

  /** Of a form: a field decoded, its text, that in UTF-8 again, and the frame. */
  private static final int COPIES = 4;

  private final Journal journal;
  private final MercureConfig config;
  private final Names names;

  FormPublisher(Journal journal, MercureConfig config, Names names) {
    this.journal = journal;
    this.config = config;
    this.names = names;
  }

  /**
   * Appends what the form says. The answer comes when readers can see it: the event's id, or for
   * topics that were only closed, the id of their end. Never blocks.
   */
  Response publish(Request request) {
    var body = request.tryBody(AT_ONCE_BYTES_MAX);
    return body == null
        ? new Response.Blocking(() -> publishLong(request))
        : publish(request, body);
  }

  private Response publishLong(Request request) throws IOException {
    var body = request.body();
    request.reserve((long) COPIES * body.length);
    return publish(request, body);
  }

  private Response publish(Request request, byte[] body) {
    int textBytesMax = Math.max(config.eventBytesMax(), config.nameBytesMax());
    var fields = Form.fields(body, config.fieldsMax(), textBytesMax);
    var publication = Publication.of(request.query(), fields, config, names);
    var event = publication.event();
    if (event == null) {
      return new Response.Blocking(() -> close(publication.topics()));
    }
    var append = new Append(publication.topics(), event, publication.closing(), IdForm.FRAGMENT);
    return event.id() == null
        ? submit(append)
        : new Response.Blocking(() -> submit(append)); // the id is sought on the disk
  }

  private Response submit(Append append) {
    try {
      var pending = journal.trySubmit(append).orElseThrow(this::busy);
      return new Response.Later(pending.handle(this::answer));
    } catch (ProblemException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Problems.of(e, "", config);
    }
  }

  private Response answer(@Nullable Appended appended, @Nullable Throwable failure) {
    if (appended == null) {
      throw Problems.of(failure, "", config);
    }
    return Response.text(200, appended.id());
  }

  private Response close(List<String> topics) {
    try {
      topics.forEach(journal::close);
    } catch (JournalUnavailableException e) {
      throw Problems.of(e, "", config);
    }
    return Response.text(200, "#" + EventIds.of(journal.epoch(), journal.latest()));
  }

  private ProblemException busy() {
    return new ProblemException(
            429, "queue_full", "journal: its queue is full (expected: room; come back later)")
        .with("Retry-After", Long.toString(config.retryAfter().toSeconds()));
  }
}
