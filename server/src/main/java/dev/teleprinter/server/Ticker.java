// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

/** Monotonic time, so that tests can own it. Thread-safe. */
@FunctionalInterface
interface Ticker {
  /** {@return nanoseconds since some moment; only differences mean anything} */
  long nanos();

  /** The system's. */
  static Ticker system() {
    return System::nanoTime;
  }
}
