// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The records of a journal file: how they lie there, and how they are read. Stateless.
 *
 * <pre>
 *   0  checksum   4   over all that follows
 *   4  length     4   of all that follows it
 *   8  kind       1
 *   9  flags      1
 *  10  topics     2
 *  12  sequence   8
 *  20  time       8   milliseconds
 *  28  for each topic:  ordinal 8, name's bytes 4, name in UTF-8
 *      block          an event's, its id line first; of other kinds see {@link Kind}
 * </pre>
 *
 * <p>Numbers are big-endian. A record needs no other to be understood, so that what follows a
 * broken one is still good.
 */
final class Records {
  static final int PREFIX_BYTES = 8;
  static final int HEAD_BYTES = 28;
  static final int TOPICS_MAX = 0xffff;

  /** The event closes its topics. */
  static final int CLOSING = 1;

  /** The id is the publisher's, not the journal's. */
  static final int PUBLISHER_ID = 2;

  /** In an ordinal: the topic held the publisher's id before, which goes on naming that event. */
  static final long REPEATED_ID = Long.MIN_VALUE;

  private static final int ID_LINE_BYTES_MIN = "id: \n".length();
  private static final int TOPIC_BYTES = 12;
  private static final int BYTES_MAX = 1 << 29;

  private Records() {}

  /** What a record says. */
  enum Kind {
    /** An event; a topic's ordinal is the event's place in it. */
    EVENT(1),
    /** A topic was closed, without an event. */
    CLOSE(2),
    /** A topic was forgotten whole; its ordinal is the last sequence that is gone with it. */
    FORGOTTEN(3),
    /**
     * The journal began again without having been stopped. Its block is the last sequence (8) that
     * was found then; those between and its own may have been given to events that are lost.
     */
    RESUMED(4),
    /** The journal was stopped: all before is whole. */
    STOPPED(5),
    /**
     * Events through its sequence may be lost, of any topic. Its block is the first of them (8).
     */
    LOST(6);

    private static final Kind[] ALL = values();

    final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    static @Nullable Kind of(byte code) {
      return code >= 1 && code <= ALL.length ? ALL[code - 1] : null; // they are in that order
    }
  }

  /** {@return the bytes of a record of one topic, its block apart} */
  static long singleBytes(String topic) {
    return (long) HEAD_BYTES + TOPIC_BYTES + topic.getBytes(UTF_8).length;
  }

  /** Writes the head at the buffer's position, with length and checksum still to come. */
  static void putHead(
      ByteBuffer into, Kind kind, int flags, int topics, long sequence, long millis) {
    into.putLong(0).put(kind.code).put((byte) flags).putShort((short) topics);
    into.putLong(sequence).putLong(millis);
  }

  static void putTopic(ByteBuffer into, long ordinal, byte[] name) {
    into.putLong(ordinal).putInt(name.length).put(name);
  }

  /** Completes the record that begins at a position and ends at the buffer's. */
  static void seal(ByteBuffer record, int from, Checksum checksum) {
    int to = record.position();
    record.putInt(from + 4, to - from - PREFIX_BYTES);
    record.putInt(from, checksum.of(record, from + 4, to));
  }

  /** {@return the bytes of the record that begins there, -1 when no record can be so long} */
  static int bytesAt(ByteBuffer bytes, int at) {
    int length = bytes.getInt(at + 4);
    return length < HEAD_BYTES - PREFIX_BYTES || length > BYTES_MAX ? -1 : length + PREFIX_BYTES;
  }

  /** {@return whether bytes could begin a record: what is cheap to look at} */
  static boolean isPlausible(ByteBuffer bytes, int at, long sequenceMin) {
    return bytesAt(bytes, at) > 0
        && Kind.of(bytes.get(at + 8)) != null
        && bytes.getLong(at + 12) >= sequenceMin;
  }

  /** {@return the record at {@code [from, to)} as a view, null when it does not check} */
  static @Nullable RecordView decode(ByteBuffer bytes, int from, int to, Checksum checksum) {
    var kind = Kind.of(bytes.get(from + 8));
    if (kind == null || checksum.of(bytes, from + 4, to) != bytes.getInt(from)) {
      return null;
    }
    int topics = Short.toUnsignedInt(bytes.getShort(from + 10));
    int at = from + HEAD_BYTES;
    for (int i = 0; i < topics; i++) {
      int nameBytes = at + TOPIC_BYTES > to ? -1 : bytes.getInt(at + 8);
      if (nameBytes < 0 || nameBytes > to - at - TOPIC_BYTES) {
        return null;
      }
      at += TOPIC_BYTES + nameBytes;
    }
    return hasBlock(bytes, from, at, to, kind)
        ? new RecordView(bytes, from, to, at, kind, topics)
        : null;
  }

  /** Whether the block at {@code [at, to)} has what the record's kind and flags say it has. */
  private static boolean hasBlock(ByteBuffer bytes, int from, int at, int to, Kind kind) {
    return switch (kind) {
      case RESUMED, LOST -> to - at >= Long.BYTES;
      case EVENT -> (bytes.get(from + 9) & PUBLISHER_ID) == 0 || to - at >= ID_LINE_BYTES_MIN;
      case CLOSE, FORGOTTEN, STOPPED -> true;
    };
  }

  /** A record that checked, as a view of a buffer. Confined to whoever reads it. */
  static final class RecordView {
    private final ByteBuffer bytes;
    private final int from;
    private final int to;
    private final int blockAt;
    final Kind kind;
    final int topics;

    private RecordView(ByteBuffer bytes, int from, int to, int blockAt, Kind kind, int topics) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
      this.blockAt = blockAt;
      this.kind = kind;
      this.topics = topics;
    }

    int bytes() {
      return to - from;
    }

    boolean has(int flag) {
      return (bytes.get(from + 9) & flag) != 0;
    }

    int flags() {
      return bytes.get(from + 9);
    }

    long sequence() {
      return bytes.getLong(from + 12);
    }

    long millis() {
      return bytes.getLong(from + 20);
    }

    /** The block, as a view. */
    ByteBuffer block() {
      return bytes.slice(blockAt, to - blockAt);
    }

    /** The whole record, as a view. */
    ByteBuffer whole() {
      return bytes.slice(from, to - from);
    }

    int blockBytes() {
      return to - blockAt;
    }

    /** Shows each topic in the order in which they were given: the first is the canonical one. */
    void forEachTopic(TopicVisitor visitor) {
      int at = from + HEAD_BYTES;
      for (int i = 0; i < topics; i++) {
        var name = new byte[bytes.getInt(at + 8)];
        bytes.get(at + TOPIC_BYTES, name);
        visitor.onTopic(new String(name, UTF_8), bytes.getLong(at));
        at += TOPIC_BYTES + name.length;
      }
    }

    /** {@return whether it is an event in a topic} */
    boolean isEventOf(String topic) {
      var found = new boolean[1];
      if (kind == Kind.EVENT) {
        forEachTopic((name, _) -> found[0] |= name.equals(topic));
      }
      return found[0];
    }

    /** The publisher's id of an event that has one. */
    String publisherId() {
      int at = blockAt + "id: ".length();
      int end = at;
      while (end < to && bytes.get(end) != '\n') {
        end++;
      }
      var id = new byte[end - at];
      bytes.get(at, id);
      return new String(id, UTF_8);
    }
  }

  /** Sees a record's topic. */
  @FunctionalInterface
  interface TopicVisitor {
    /** The name and what the record says of its place. */
    void onTopic(String name, long ordinal);
  }
}
