// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Read;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.LoopTopic.Membership;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber: a connection and a cursor. Confined to its event loop.
 *
 * <p>Nothing is queued for it. Whenever its topics have news and its outlet is free, it reads the
 * journal after its cursor and offers that to the outlet; what the socket does not take at once the
 * outlet holds, one offer at a time, and the subscription is skipped until it is through.
 */
final class Subscription {
  private static final int LOOKS_PER_TIMEOUT = 8;

  /** Beside a name's characters: its place in the topic, and the topic if nobody else reads it. */
  private static final int NAME_BYTES = 400;

  final Topics topics;
  final Response.View view;

  private final boolean ofOneTopic;
  private final LoopDelivery loop;
  private final Outlet outlet;
  private final String client;
  private final @Nullable Supplier<byte[]> live;
  private final long number;
  private final long openedNanos;
  private final long endAtNanos;
  private final Uptake uptake;

  private List<Membership> memberships = List.of();
  private long cursor;
  private long told;
  private long quietSinceNanos;
  private byte @Nullable [] liveBefore;
  private boolean over;
  private boolean fetching; // what is next, from the disk
  private boolean awaitsTurn;

  Subscription(
      LoopDelivery loop,
      Response.Subscribe start,
      Outlet outlet,
      String client,
      long number,
      long now,
      long endAtNanos) {
    this.loop = loop;
    this.number = number;
    this.openedNanos = now;
    this.topics = start.topics();
    this.ofOneTopic = topics instanceof Topics.Named(var names) && names.size() == 1;
    this.view = start.view();
    this.cursor = start.after();
    this.told = start.told();
    this.live = start.live();
    this.outlet = outlet;
    this.client = client;
    this.endAtNanos = endAtNanos;
    this.quietSinceNanos = now;
    this.uptake = new Uptake(now);
  }

  /** {@return what the names that a subscriber reads take of the heap, if nobody shares them} */
  static long nameBytes(Topics topics) {
    long bytes = 0;
    if (topics instanceof Topics.Named(var names)) {
      for (var name : names) {
        bytes += NAME_BYTES + 2L * name.length();
      }
    }
    return bytes;
  }

  long nameBytes() {
    return nameBytes(topics);
  }

  /** {@return whether a read of one topic log is all it ever needs} */
  boolean isOfOneTopic() {
    return ofOneTopic;
  }

  void joined(List<Membership> places) {
    memberships = places;
  }

  List<Membership> memberships() {
    return memberships;
  }

  long cursor() {
    return cursor;
  }

  long told() {
    return told;
  }

  long number() {
    return number;
  }

  boolean isOver() {
    return over;
  }

  /** How it stands. */
  Reader look(long now) {
    return new Reader(
        number,
        topics instanceof Topics.Named(var names) ? names : List.of(),
        cursor,
        outlet.heldBytes(),
        Duration.ofNanos(now - openedNanos),
        outlet.remote(),
        outlet.protocol(),
        client);
  }

  /** Whether it can be offered something now. */
  boolean isFree() {
    return !over && !fetching && outlet.isFree();
  }

  /** Whether it is one of those who are served in {@link Turns}. */
  boolean awaitsTurn() {
    return awaitsTurn;
  }

  void awaitTurn(boolean awaits) {
    awaitsTurn = awaits;
  }

  /** What was read from the disk for it is here. */
  void fetched() {
    fetching = false;
  }

  /**
   * Sends what a read at its cursor found; {@code latest} is the hub's newest sequence from before
   * that read. Returns whether more is to be read at once.
   */
  boolean deliver(Read found, long latest, long now) {
    switch (found) {
      case Read.AtTail _ -> {
        cursor = Math.max(cursor, latest);
        return false;
      }
      case Frames frames -> {
        cursor = frames.through();
        quietSinceNanos = now;
        outlet.offer(frames, view);
        return frames.more() && isFree();
      }
      case Read.Gap gap -> {
        return tell(gap, now);
      }
      case Read.Cold _ -> {
        fetching = true;
        loop.fetch(this);
        return false;
      }
      case Read.Ended _ -> {
        finish("its topics were closed");
        return false;
      }
    }
  }

  /** Retention passed the cursor while the reader was slow: it is told in the stream. */
  private boolean tell(Read.Gap gap, long now) {
    if (view == Response.View.WITHOUT_IDS) {
      // A reader that knows no gap event must see a cut, never a stream that looks whole.
      shed("retention passed its cursor");
      return false;
    }
    long asked = Math.max(cursor, told); // its last id may be that of a gap it was told just now
    told = gap.through();
    quietSinceNanos = now;
    outlet.offer(loop.gapBlock(asked, gap));
    return isFree();
  }

  /**
   * Once a second: heartbeat, age, and whether the reader still takes anything. Returns whether it
   * has taken nothing for so long that it is to be shed.
   */
  boolean tick(long now) {
    if (over) {
      return false;
    }
    maybeLookAtUptake(now);
    if (uptake.isStuck(loop.writeTimeoutNanos(), now)) {
      return true;
    }
    if (!outlet.isFree()) {
      return false;
    }
    if (now - endAtNanos >= 0 && view != Response.View.WITHOUT_IDS) {
      finish("old enough");
    } else if (live != null && offerLive(live.get())) {
      quietSinceNanos = now;
    } else if (now - quietSinceNanos >= loop.heartbeatNanos()) {
      quietSinceNanos = now;
      outlet.heartbeat();
    }
    return false;
  }

  /** Not of a reader that had taken everything and was sent nothing since: that is most of them. */
  private void maybeLookAtUptake(long now) {
    boolean waits = uptake.isWaiting() || quietSinceNanos - uptake.lookedNanos() >= 0;
    if (waits && now - uptake.lookedNanos() >= loop.writeTimeoutNanos() / LOOKS_PER_TIMEOUT) {
      uptake.look(outlet.taken(), now);
    }
  }

  /** Sheds it, unless it has begun to take something again. */
  void shedIfStuck(long now) {
    if (over) {
      return;
    }
    uptake.look(outlet.taken(), now);
    if (uptake.isStuck(loop.writeTimeoutNanos(), now)) {
      shedWithItsConnection();
      outlet.letGo();
    }
  }

  /** Its connection takes nothing and is closed. */
  void shedWithItsConnection() {
    if (!over) {
      over = true;
      loop.leave(this);
      loop.countShed("took nothing for the write timeout");
    }
  }

  private boolean offerLive(byte[] newest) {
    boolean news = !Arrays.equals(newest, liveBefore);
    if (news) {
      liveBefore = newest;
      outlet.offer(newest);
    }
    return news;
  }

  /** Ends the stream as a whole one. */
  void finish(String reason) {
    if (!over) {
      over = true;
      loop.leave(this);
      loop.countEnded(reason);
      outlet.end();
    }
  }

  /** Cuts the stream; a reader with ids resumes. */
  void shed(String reason) {
    if (!over) {
      over = true;
      loop.leave(this);
      loop.countShed(reason);
      outlet.cut();
    }
  }

  /** The connection is gone. */
  void gone() {
    if (!over) {
      over = true;
      loop.leave(this);
      loop.countEnded("left");
    }
  }

  /** The other end of a subscription: takes bytes for the socket. Confined to the loop. */
  interface Outlet {
    /** Whose socket it is. */
    String remote();

    /** What it speaks, such as {@code HTTP/1.1}. */
    String protocol();

    /** Whether everything offered so far was taken by the socket. */
    boolean isFree();

    /** Bytes offered that the socket has not taken yet. */
    long heldBytes();

    /**
     * A number that changes whenever the peer takes something of what waits for it, here or in the
     * kernel; {@link Uptake#NOTHING_WAITS} when nothing does.
     */
    long taken();

    /** Borrows frames until it returns; only when free. */
    void offer(Frames frames, Response.View view);

    /** Sends one event block of its own; only when free. */
    void offer(byte[] block);

    /** Sends a comment that keeps the connection alive; only when free. */
    void heartbeat();

    /** Ends the response as RFC 9112 7.1 says; the connection may serve another request. */
    void end();

    /** Closes the connection without an end. */
    void cut();

    /** The same for a peer that takes nothing, at once: what waits for it is forgotten. */
    void letGo();
  }
}
