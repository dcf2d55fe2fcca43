// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

/**
 * Who publishes what to whom. Immutable.
 *
 * <p>Topics come in groups of as many as a reader reads; reader {@code i} reads the group {@code i
 * % groups()}. With one topic in all, each connection that publishes is a feed of its own; with
 * more, each topic is one feed.
 *
 * @param readers that subscribe
 * @param topics topics in all
 * @param topicsPerReader topics of a group
 * @param connections connections that publish
 * @param dataBytes bytes of an event's data
 * @param eventsPerSecond over all topics, on schedule whatever the answers; 0 to saturate
 * @param windowEvents when saturating: never more events ahead of the slowest reader
 */
public record Plan(
    int readers,
    int topics,
    int topicsPerReader,
    int connections,
    int dataBytes,
    double eventsPerSecond,
    int windowEvents) {

  /** One topic, published to as fast as its slowest reader can read. */
  public static Plan saturated(int readers, int connections, int dataBytes, int windowEvents) {
    return new Plan(readers, 1, 1, connections, dataBytes, 0, windowEvents);
  }

  /** Publications on schedule. */
  public static Plan paced(
      int readers, int topics, int connections, int dataBytes, double eventsPerSecond) {
    return new Plan(readers, topics, 1, connections, dataBytes, eventsPerSecond, 0);
  }

  /** {@return the same with so many topics for each reader} */
  public Plan withTopicsPerReader(int n) {
    return new Plan(readers, topics, n, connections, dataBytes, eventsPerSecond, windowEvents);
  }

  public boolean isSaturating() {
    return eventsPerSecond == 0;
  }

  int groups() {
    return topics / topicsPerReader;
  }

  int feeds() {
    return topics == 1 ? connections : topics;
  }

  /** {@return how many feeds reach one reader} */
  public int feedsPerReader() {
    return topics == 1 ? connections : topicsPerReader;
  }

  /** {@return how many readers read a group} */
  int readersOf(int group) {
    return readers / groups() + (group < readers % groups() ? 1 : 0);
  }

  /** {@return the same with one figure changed, named as the command line names it} */
  public Plan with(String figure, double value) {
    int n = (int) value;
    return switch (figure) {
      case "readers" ->
          new Plan(
              n,
              topics == readers ? n : topics,
              topicsPerReader,
              connections,
              dataBytes,
              eventsPerSecond,
              windowEvents);
      case "connections" ->
          new Plan(readers, topics, topicsPerReader, n, dataBytes, eventsPerSecond, windowEvents);
      case "bytes" ->
          new Plan(readers, topics, topicsPerReader, connections, n, eventsPerSecond, windowEvents);
      case "window" ->
          new Plan(readers, topics, topicsPerReader, connections, dataBytes, eventsPerSecond, n);
      case "rate" ->
          isSaturating()
              ? this
              : new Plan(
                  readers, topics, topicsPerReader, connections, dataBytes, value, windowEvents);
      default -> throw new IllegalArgumentException("plan: " + figure);
    };
  }

  /** {@return it in words} */
  public String words() {
    var pace =
        isSaturating()
            ? "at most %,d events ahead of the slowest reader".formatted(windowEvents)
            : "%,.0f events/s in all".formatted(eventsPerSecond);
    var each = topicsPerReader == 1 ? "" : " (%d for each reader)".formatted(topicsPerReader);
    return "%,d readers, %,d topic%s%s, %d publishing connection%s, %,d bytes, %s"
        .formatted(
            readers,
            topics,
            topics == 1 ? "" : "s",
            each,
            connections,
            connections == 1 ? "" : "s",
            dataBytes,
            pace);
  }
}
