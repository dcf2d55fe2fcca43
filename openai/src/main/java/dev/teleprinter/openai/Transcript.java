// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.sse.Event;

/**
 * Writes one answer into its topic, event by event as its upstream tells it, in the client's
 * dialect. Whatever happens the topic ends with the truth: complete, failed or cancelled. Confined
 * to the relay.
 */
interface Transcript {
  /**
   * Takes the upstream's next event.
   *
   * @throws UpstreamException if it is an error, or nothing the dialect allows
   */
  void onEvent(Event event);

  /**
   * Takes the upstream's next event if that needs no waiting, nor any thought: mostly a token.
   * Never blocks: on the event loop, while the relay waits.
   *
   * @return whether it was taken; if not, nothing was done, and {@link #onEvent} is to take it
   */
  default boolean tryEvent(Event event) {
    return false;
  }

  /** {@return whether the answer is over, whatever the upstream may still send} */
  boolean isOver();

  /**
   * The upstream ended here without saying that it is done. If the answer is whole nevertheless,
   * completes it and returns true.
   */
  boolean endsWhole();

  /** Tells readers that the answer failed, and ends it. */
  void fail(UpstreamException failure);

  /** Tells readers that the answer was cancelled, and ends it. */
  void cancel(CancelSignal.Reason reason);

  /**
   * {@return the text of an event's data without a byte order mark, blanks at both ends stripped}
   */
  static String bare(String data) {
    var from = data.startsWith("\uFEFF") ? data.substring(1) : data;
    return from.strip();
  }
}
