// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

/** An event, comment or line of the stream being decoded passes the decoder's limit. Immutable. */
public final class EventTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  EventTooLargeException(long eventBytes, long eventBytesMax) {
    super("event: at least " + eventBytes + " bytes (expected: <= " + eventBytesMax + ")");
  }
}
