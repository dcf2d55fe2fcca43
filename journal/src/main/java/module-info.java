// SPDX-License-Identifier: Apache-2.0

/** Topics as logs of wire-ready events in one sequence. */
@org.jspecify.annotations.NullMarked
module dev.teleprinter.journal {
  requires static transitive org.jspecify;
  requires transitive dev.teleprinter.sse;

  exports dev.teleprinter.journal;
}
