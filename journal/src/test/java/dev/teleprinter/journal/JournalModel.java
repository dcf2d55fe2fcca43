// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A journal as naive as can be: lists, and no thread but the caller's. */
final class JournalModel {
  /** One kept event. */
  record Kept(long sequence, String text, int bytes, long seconds) {}

  static final class Topic {
    final List<Kept> kept = new ArrayList<>();
    final Map<String, Long> ids = new HashMap<>(); // the earliest, while it is kept
    long trimmedThrough;
    long trimmed;
    boolean closed;
    long restingSince;
  }

  /** All that reads find after a cursor until one finds no frames, and what that one finds. */
  record Found(List<Long> sequences, List<String> texts, Read last) {}

  private final JournalConfig config;
  final Map<String, Topic> topics = new TreeMap<>();
  private final Map<String, Long> forgotten = new HashMap<>();
  long latest;
  long seconds;

  JournalModel(JournalConfig config) {
    this.config = config;
  }

  /** The sequence, 0 if a topic is closed; negative for a duplicate. */
  long append(List<String> names, String id, String text, int bytes, boolean closing) {
    long before = id == null ? 0 : sequenceOf(names.get(0), id);
    if (before == 0
        && names.stream().anyMatch(n -> topics.containsKey(n) && topics.get(n).closed)) {
      return 0;
    }
    if (before == 0) {
      latest++;
      for (var name : names) {
        var topic = topic(name);
        topic.kept.add(new Kept(latest, text, bytes, seconds));
        if (id != null && sequenceOf(name, id) == 0) {
          topic.ids.put(id, latest);
        }
      }
    }
    if (closing) {
      names.stream().filter(topics::containsKey).forEach(this::close);
    }
    if (before == 0) {
      names.forEach(this::trim);
    }
    return before == 0 ? latest : -before;
  }

  private Topic topic(String name) {
    return topics.computeIfAbsent(
        name,
        n -> {
          var topic = new Topic();
          topic.trimmedThrough = forgotten.getOrDefault(n, 0L);
          return topic;
        });
  }

  void close(String name) {
    var topic = topic(name);
    if (!topic.closed) {
      topic.closed = true;
      topic.restingSince = seconds;
    }
  }

  void sweep() {
    for (var name : List.copyOf(topics.keySet())) {
      trim(name);
      var topic = topics.get(name);
      var retention = config.retentionOf(name);
      if ((topic.closed || topic.kept.isEmpty())
          && seconds - topic.restingSince > retention.afterClose().toSeconds()) {
        topics.remove(name);
        long latestOfTopic =
            topic.kept.isEmpty() ? topic.trimmedThrough : topic.kept.getLast().sequence;
        if (latestOfTopic > 0) {
          forgotten.put(name, latestOfTopic);
        }
      }
    }
  }

  private void trim(String name) {
    var topic = topics.get(name);
    var retention = config.retentionOf(name);
    while (!topic.kept.isEmpty()
        && (topic.kept.size() > retention.eventsMax()
            || (topic.kept.size() > 1
                && topic.kept.stream().mapToLong(Kept::bytes).sum() > retention.bytesMax())
            || seconds - topic.kept.getFirst().seconds > retention.age().toSeconds())) {
      topic.trimmedThrough = topic.kept.removeFirst().sequence;
      topic.trimmed++;
      if (topic.kept.isEmpty() && !topic.closed) {
        topic.restingSince = seconds;
      }
    }
  }

  long sequenceOf(String name, String id) {
    var topic = topics.get(name);
    long sequence = topic == null ? 0 : topic.ids.getOrDefault(id, 0L);
    return sequence == 0 || sequence <= topic.trimmedThrough ? 0 : sequence;
  }

  Found read(Topics selection, long after, long told) {
    var names =
        switch (selection) {
          case Topics.Named(var named) -> named;
          case Topics.Matching(var matcher) -> {
            var all = new ArrayList<>(topics.keySet());
            forgotten.keySet().stream().filter(n -> !topics.containsKey(n)).forEach(all::add);
            yield all.stream().filter(matcher).toList();
          }
        };
    long gone = 0;
    long earliest = 0;
    var events = new TreeMap<Long, String>();
    for (var name : names) {
      gone = Math.max(gone, goneWith(name, after));
      for (var event : topics.getOrDefault(name, new Topic()).kept) {
        if (event.sequence > after) {
          events.put(event.sequence, event.text);
          earliest = earliest == 0 ? event.sequence : Math.min(earliest, event.sequence);
        }
      }
    }
    if (gone > Math.max(after, told)) {
      return new Found(List.of(), List.of(), new Read.Gap(gone, earliest, latest));
    }
    boolean ended =
        selection instanceof Topics.Named
            && names.stream().allMatch(n -> topics.containsKey(n) && topics.get(n).closed);
    return new Found(
        List.copyOf(events.keySet()),
        List.copyOf(events.values()),
        ended ? Read.ENDED : Read.AT_TAIL);
  }

  private long goneWith(String name, long after) {
    var topic = topics.get(name);
    if (topic == null) {
      return after == 0 ? 0 : forgotten.getOrDefault(name, 0L);
    }
    return after == 0 && topic.trimmed == 0 ? 0 : topic.trimmedThrough;
  }

  TopicState state(String name) {
    var topic = topics.get(name);
    long appended = topic.trimmed + topic.kept.size();
    return new TopicState(
        name,
        topic.kept.isEmpty() ? 0 : topic.kept.getFirst().sequence,
        appended == 0
            ? 0
            : topic.kept.isEmpty() ? topic.trimmedThrough : topic.kept.getLast().sequence,
        topic.kept.size(),
        topic.kept.stream().mapToLong(Kept::bytes).sum(),
        appended,
        topic.closed);
  }
}
