// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Path;

/** A server that can be measured. Immutable. */
interface Target {
  /** {@return the word it is chosen by} */
  String name();

  /** {@return whether it tells topics apart} */
  default boolean hasTopics() {
    return true;
  }

  /** {@return whether it answers chat requests, too} */
  default boolean isRelay() {
    return false;
  }

  /**
   * Starts it.
   *
   * @param folder an empty one of its own
   * @param cores where it may run, as taskset writes them
   * @throws SkippedException when this machine does not have it
   */
  Started start(Path folder, String cores) throws IOException, InterruptedException;

  /**
   * A running server.
   *
   * @param process its process, which the receiver closes
   * @param hub how to talk to it
   * @param description version and configuration, in one line
   */
  record Started(ServerProcess process, Hub hub, String description) {}

  /** This machine cannot run it: the report says so. */
  final class SkippedException extends IOException {
    private static final long serialVersionUID = 1L;

    SkippedException(String message) {
      super(message);
    }
  }
}
