// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

/**
 * Who publishes what to whom. Immutable.
 *
 * <p>With one topic, every reader reads it and every connection publishes to it, each as a feed of
 * its own. With more, reader {@code i} reads topic {@code i % topics}, and each topic is one feed.
 *
 * @param readers connections that subscribe
 * @param topics topics in all
 * @param connections connections that publish
 * @param dataBytes bytes of an event's data
 * @param eventsPerSecond over all topics, on schedule whatever the answers; 0 to saturate
 * @param windowEvents when saturating: never more events ahead of the slowest reader
 */
record Plan(
    int readers,
    int topics,
    int connections,
    int dataBytes,
    double eventsPerSecond,
    int windowEvents) {

  /** One topic, published to as fast as its slowest reader can read. */
  static Plan saturated(int readers, int connections, int dataBytes, int windowEvents) {
    return new Plan(readers, 1, connections, dataBytes, 0, windowEvents);
  }

  /** Publications on schedule. */
  static Plan paced(
      int readers, int topics, int connections, int dataBytes, double eventsPerSecond) {
    return new Plan(readers, topics, connections, dataBytes, eventsPerSecond, 0);
  }

  boolean isSaturating() {
    return eventsPerSecond == 0;
  }

  int feeds() {
    return topics == 1 ? connections : topics;
  }

  int feedsPerTopic() {
    return topics == 1 ? connections : 1;
  }

  /** {@return the same with one figure changed, named as the command line names it} */
  Plan with(String figure, double value) {
    int n = (int) value;
    return switch (figure) {
      case "readers" ->
          new Plan(n, topics == 1 ? 1 : n, connections, dataBytes, eventsPerSecond, windowEvents);
      case "connections" -> new Plan(readers, topics, n, dataBytes, eventsPerSecond, windowEvents);
      case "bytes" -> new Plan(readers, topics, connections, n, eventsPerSecond, windowEvents);
      case "window" -> new Plan(readers, topics, connections, dataBytes, eventsPerSecond, n);
      case "rate" ->
          isSaturating()
              ? this
              : new Plan(readers, topics, connections, dataBytes, value, windowEvents);
      default -> throw new IllegalArgumentException("plan: " + figure);
    };
  }
}
