// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

/** What became of a request, as its client saw it. */
sealed interface ConnectionFate {
  /** A whole reply came. */
  record Answered(int status) implements ConnectionFate {
    @Override
    public String toString() {
      return Integer.toString(status);
    }
  }

  /** The connection, or the stream, was closed or reset without a whole reply. */
  record Closed() implements ConnectionFate {
    @Override
    public String toString() {
      return "closed";
    }
  }

  /** Neither happened in the time that the client waited. */
  record Silent() implements ConnectionFate {
    @Override
    public String toString() {
      return "silent";
    }
  }
}
