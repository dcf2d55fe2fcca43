// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionException;

/** Publishes one form: one event, the end of its topics, or both. Thread-safe. */
final class FormPublisher {
  private final Journal journal;
  private final MercureConfig config;
  private final Names names;

  FormPublisher(Journal journal, MercureConfig config, Names names) {
    this.journal = journal;
    this.config = config;
    this.names = names;
  }

  /**
   * Appends what the form says and answers with the event's id, for topics that were only closed
   * with the id of their end. Blocks until readers can see it.
   */
  Response publish(Request request) throws IOException {
    var fields = Form.fields(request.body(), config.fieldsMax());
    var publication = Publication.of(request.query(), fields, config, names);
    var event = publication.event();
    if (event != null) {
      return Response.text(200, append(publication.topics(), event, publication.closing()));
    }
    try {
      publication.topics().forEach(journal::close);
    } catch (JournalUnavailableException e) {
      throw Problems.of(e, "", config);
    }
    return Response.text(200, "#" + EventIds.of(journal.epoch(), journal.latest()));
  }

  private String append(List<String> topics, Event event, boolean closing) {
    try {
      var pending = journal.trySubmit(new Append(topics, event, closing, IdForm.FRAGMENT));
      return pending.orElseThrow(this::busy).join().id();
    } catch (CompletionException e) {
      throw Problems.of(e.getCause(), "", config);
    } catch (ProblemException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Problems.of(e, "", config);
    }
  }

  private ProblemException busy() {
    return new ProblemException(
            429, "queue_full", "journal: its queue is full (expected: room; come back later)")
        .with("Retry-After", Long.toString(config.retryAfter().toSeconds()));
  }
}
