// SPDX-License-Identifier: Apache-2.0

/** The event-stream codec: events to bytes and back, WHATWG HTML 9.2. */
@org.jspecify.annotations.NullMarked
module dev.teleprinter.sse {
  requires static transitive org.jspecify;

  exports dev.teleprinter.sse;
}
