// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One topic as one event loop sees it: its subscribers there. Confined to the loop but for dirty.
 */
final class LoopTopic {
  private static final Membership[] NONE = {};
  private static final Subscription[] NO_SUBSCRIBERS = {};

  final String name;

  /** Set by the appender when the topic has news, cleared by the loop before it reads. */
  final AtomicBoolean dirty = new AtomicBoolean();

  private Membership[] members = NONE;
  private Subscription[] subscribers =
      NO_SUBSCRIBERS; // the members', for a pass to read one after the other
  private int size;

  LoopTopic(String name) {
    this.name = name;
  }

  int size() {
    return size;
  }

  Subscription subscriber(int index) {
    return subscribers[index];
  }

  Membership add(Subscription subscription) {
    if (size == members.length) {
      members = Arrays.copyOf(members, Math.max(1, size * 2));
      subscribers = Arrays.copyOf(subscribers, members.length);
    }
    var membership = new Membership(this, size);
    subscribers[size] = subscription;
    members[size++] = membership;
    return membership;
  }

  /** Moves the last member into the gap: order among readers means nothing. */
  private void remove(Membership leaving) {
    var last = members[--size];
    members[leaving.place] = last;
    subscribers[leaving.place] = subscribers[size];
    last.place = leaving.place;
    if (size == 0) {
      members = NONE;
      subscribers = NO_SUBSCRIBERS;
    }
  }

  /** A subscriber's place in a topic. Confined to the loop. */
  static final class Membership {
    final LoopTopic topic;
    private int place;

    private Membership(LoopTopic topic, int place) {
      this.topic = topic;
      this.place = place;
    }

    void leave() {
      topic.remove(this);
    }
  }
}
