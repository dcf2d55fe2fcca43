// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads of a journal on disk that wait for the disk. Thread-safe. Blocks.
 *
 * <p>Some of the topics have events on the disk only, others have all in memory after the cursor.
 * Whatever comes first is given: events of one file, up to the first event that is in memory; or
 * events in memory, up to the first that is on the disk. A merge of both is never needed.
 */
final class BlockingReads {
  private final MemoryJournal hot;
  private final ColdReader cold;

  BlockingReads(MemoryJournal hot, ColdReader cold) {
    this.hot = hot;
    this.cold = cold;
  }

  /** See {@link Journal#readBlocking}. */
  Read read(Topics topics, long after, long told, int bytesMax) {
    long cursor = after;
    while (true) {
      var read = hot.read(topics, cursor, told, bytesMax);
      if (!(read instanceof Read.Cold)) {
        return read;
      }
      var selection = hot.select(topics, cursor, told);
      var found = readCold(selection, cursor, told, bytesMax);
      if (found instanceof Read.Cold) {
        continue;
      }
      if (found != null) {
        return found;
      }
      cursor = Math.max(cursor, coldThrough(selection, cursor));
    }
  }

  /** Up to where the topics that have something on the disk only have all of it there. */
  private static long coldThrough(MemoryJournal.Selection selection, long after) {
    long through = selection.limit();
    for (var log : selection.logs()) {
      long coldThrough = log.coldThrough();
      if (isCold(log, after) && log.latest > coldThrough) { // it goes on in memory
        through = Math.min(through, coldThrough);
      }
    }
    return through;
  }

  /** {@return whether a topic has events after a cursor that are on the disk only} */
  static boolean isCold(TopicLog log, long after) {
    return log.coldThrough() > Math.max(after, log.trimmedThrough());
  }

  /**
   * Null when there is nothing in the files up to {@link #coldThrough}; cold when it must be tried
   * again.
   */
  private @Nullable Read readCold(
      MemoryJournal.Selection selection, long after, long told, int bytesMax) {
    var gap = gap(selection, after, told);
    if (gap != null) {
      return gap;
    }
    var wanted = new ArrayList<ColdReader.Wanted>();
    var others = new ArrayList<TopicLog>();
    for (var log : selection.logs()) {
      if (isCold(log, after)) {
        wanted.add(wanted(log, after));
      } else {
        others.add(log);
      }
    }
    if (wanted.isEmpty()) {
      return null; // warm meanwhile
    }
    long through = coldThrough(selection, after);
    return switch (cold.look(wanted, told, through)) {
      case ColdReader.Look.Nothing _ -> hotBefore(others, after, told, through, bytesMax);
      case ColdReader.Look.Lost(long lost) ->
          new Read.Gap(lost, earliest(selection, lost), hot.latest());
      case ColdReader.Look.Events events -> {
        var hotter = hotBefore(others, after, told, events.first() - 1, bytesMax);
        yield hotter == null
            ? frames(events, others, selection, after, told, through, bytesMax)
            : hotter;
      }
    };
  }

  private @Nullable Read frames(
      ColdReader.Look.Events events,
      List<TopicLog> others,
      MemoryJournal.Selection selection,
      long after,
      long told,
      long through,
      int bytesMax) {
    long end = through;
    for (var log : others) {
      long next = log.earliestAfter(after);
      end = next == 0 ? end : Math.min(end, next - 1);
    }
    var frames = cold.frames(events, end, bytesMax, last -> isMoreAfter(selection, last, told));
    return frames == null ? Read.COLD : frames;
  }

  private boolean isMoreAfter(MemoryJournal.Selection selection, long after, long told) {
    long excused = Math.max(after, told);
    var read = selection.at(hot.latest()).read(after, excused, hot::latest, 1);
    if (read instanceof Frames frames) {
      frames.release();
    }
    return !(read instanceof Read.AtTail);
  }

  /** What there is of a topic, after a cursor and what is gone. */
  private static ColdReader.Wanted wanted(TopicLog log, long after) {
    return new ColdReader.Wanted(log.name, Math.max(after, log.trimmedThrough()));
  }

  /** What topics in memory have up to a sequence; null when there is nothing. */
  private @Nullable Read hotBefore(
      List<TopicLog> logs, long after, long told, long through, int bytesMax) {
    if (logs.isEmpty()) {
      return null;
    }
    var read = TopicReader.several(logs, true, 0, after, told, through, hot::latest, bytesMax);
    return read instanceof Read.AtTail || read instanceof Read.Cold ? null : read;
  }

  private Read.@Nullable Gap gap(MemoryJournal.Selection selection, long after, long told) {
    long through = selection.gone();
    for (var log : selection.logs()) {
      through = Math.max(through, log.goneFor(after));
    }
    return through <= Math.max(after, told)
        ? null
        : new Read.Gap(through, earliest(selection, after), Math.max(through, hot.latest()));
  }

  /** The first sequence above one that is kept, 0 when there is none. */
  private long earliest(MemoryJournal.Selection selection, long after) {
    long earliest = 0;
    for (var log : selection.logs()) {
      long first = earliest(log, after);
      earliest = first > 0 && (earliest == 0 || first < earliest) ? first : earliest;
    }
    return earliest;
  }

  /** {@return the first sequence above one that a topic has, 0 when there is none} */
  long earliest(TopicLog log, long after) {
    if (isCold(log, after)) {
      var found = cold.look(List.of(wanted(log, after)), Long.MAX_VALUE, log.coldThrough());
      if (found instanceof ColdReader.Look.Events events) {
        return events.first();
      }
    }
    return log.earliestAfter(Math.max(after, log.coldThrough()));
  }
}
