// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a decoder made of one body, in a form that compares: everything a sink can be told. */
record Decoded(List<Dispatched> events, List<Long> retries, String lastId, Long retry) {
  /** An event and the last event id at its dispatch. */
  record Dispatched(Event event, String lastId) {}

  static final long EVENT_BYTES_MAX = 1 << 20;

  /** Decodes pieces, each a read of its own into an array used again, and ends. */
  static Decoded of(List<byte[]> pieces) {
    var sink = new RecordingSink();
    var decoder = new EventDecoder(sink, EVENT_BYTES_MAX);
    sink.decoder = decoder;
    for (byte[] piece : pieces) {
      byte[] read = piece.clone();
      decoder.feed(read, 0, read.length);
      Arrays.fill(read, (byte) 'x');
    }
    decoder.end();
    Long retry = decoder.retry().isPresent() ? decoder.retry().getAsLong() : null;
    return new Decoded(sink.events, sink.retries, decoder.lastEventId(), retry);
  }

  static Decoded of(byte[] whole) {
    return of(List.of(whole));
  }

  List<Event> bareEvents() {
    return events.stream().map(Dispatched::event).toList();
  }

  private static final class RecordingSink implements EventDecoder.Sink {
    private final List<Dispatched> events = new ArrayList<>();
    private final List<Long> retries = new ArrayList<>();
    private EventDecoder decoder;

    @Override
    public void onEvent(Event event) {
      events.add(new Dispatched(event, decoder.lastEventId()));
    }

    @Override
    public void onRetry(long milliseconds) {
      retries.add(milliseconds);
    }
  }
}
