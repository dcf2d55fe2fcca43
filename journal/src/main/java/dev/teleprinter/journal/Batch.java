// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What was appended since the last commit: it becomes visible at once, in all of its topics, or
 * none of it does. Confined to the appender, except {@link #latest}.
 *
 * <pre>
 *   add, close ──▶ accepted ──▶ publish   visible: each log's events, then latest, then the ends
 *                         └───▶ rollBack  taken back; its sequences are not given again
 * </pre>
 *
 * <p>What was made visible stays in {@link #touched} until {@link #end}, for those who are told.
 */
final class Batch {
  private static final VarHandle LATEST;

  static {
    try {
      LATEST = MethodHandles.lookup().findVarHandle(Batch.class, "latest", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final TopicTable logs; // once it runs, entries are added here only
  private final TrimOrder order;
  private final TopicMemory account;

  // Written by the appender, read by any thread.
  @SuppressWarnings({"FieldCanBeFinal", "UnusedVariable"})
  private long latest; // by LATEST

  // Confined to the appender.
  private final List<TopicLog> touched = new ArrayList<>();
  private final List<String> touchedNames = new ArrayList<>();
  private int committed; // of those touched
  private final List<TopicLog> fresh = new ArrayList<>(); // since the last commit
  private final List<TopicLog> closing = new ArrayList<>(); // likewise
  private long accepted; // the sequence given last
  private long acceptedEvents; // since the last commit, once for each log
  private long acceptedBytes; // likewise

  Batch(TopicTable logs, TrimOrder order, TopicMemory account) {
    this.logs = logs;
    this.order = order;
    this.account = account;
  }

  /** Goes on after a sequence. Before the appender starts. */
  void goOn(long after) {
    accepted = after;
    LATEST.setRelease(this, after);
  }

  /** {@return the sequence of the newest event that is visible} Any thread. */
  long latest() {
    return (long) LATEST.getAcquire(this); // pairs with setRelease in publish()
  }

  /** {@return the sequence given last} */
  long accepted() {
    return accepted;
  }

  /** A sequence is given, or is never to be. */
  void accept(long sequence) {
    accepted = sequence;
  }

  /** An event of so many wire bytes was accepted by so many logs. */
  void accept(int logCount, int bytes) {
    acceptedEvents += logCount;
    acceptedBytes += (long) logCount * bytes;
  }

  /** Adds a log that is not in the table. */
  void addFresh(TopicLog log) {
    logs.add(log);
    fresh.add(log);
    add(log);
  }

  /** Adds a log that something was appended to, or that is to be closed. */
  void add(TopicLog log) {
    touched.add(log);
    touchedNames.add(log.name);
  }

  /** Closes a log that was added. */
  void close(TopicLog log) {
    if (log.beginClosing()) {
      closing.add(log);
    }
  }

  /** {@return whether something was added that is neither visible nor taken back} */
  boolean isUncommitted() {
    return committed < touched.size();
  }

  /**
   * Every event of the batch in its logs, then the hub's latest, then the ends: see TopicReader.
   */
  void publish(int seconds) {
    for (int i = committed; i < touched.size(); i++) {
      touched.get(i).publish();
    }
    logs.totals().kept(acceptedEvents, acceptedBytes);
    LATEST.setRelease(this, accepted); // pairs with getAcquire in latest()
    for (int i = 0; i < closing.size(); i++) {
      closing.get(i).close(order, seconds);
    }
    logs.totals().closed(closing.size());
    clearAccepted();
    committed = touched.size();
  }

  /** Sequences are not given again: the disk may have some of them. */
  void rollBack() {
    for (int i = committed; i < touched.size(); i++) {
      account.remove(touched.get(i).rollBack(order));
    }
    for (var log : fresh) {
      logs.remove(log);
      account.remove(TopicMemory.ofTopic(log.name));
    }
    clearAccepted();
    touched.subList(committed, touched.size()).clear();
    touchedNames.subList(committed, touchedNames.size()).clear();
  }

  private void clearAccepted() {
    acceptedEvents = 0;
    acceptedBytes = 0;
    closing.clear();
    fresh.clear();
  }

  /** {@return the logs that were added, and are visible; may have one twice} */
  List<TopicLog> touched() {
    return touched;
  }

  /** {@return their names} */
  List<String> touchedNames() {
    return touchedNames;
  }

  /** Those who are told of it were told. */
  void end() {
    touched.clear();
    touchedNames.clear();
    committed = 0;
  }
}
