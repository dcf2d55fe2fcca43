// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The data of every event that is published: fixed width, one line, safe in a form, in JSON and in
 * an event stream, so that it can be found and checked in whatever a server wraps around it.
 *
 * <pre>
 *   0  1      3           11                    27          n-1
 *   ~  feed   number      published             padding     !
 *      2      8           16                    '.'...
 * </pre>
 *
 * The feed is one connection's stream of publications: numbers of one feed ascend by one from 0.
 * The time is in nanoseconds on the load generator's clock. Nothing else on the wire has a {@code
 * ~}. Stateless.
 */
public final class NumberedData {
  static final byte MARK = '~';
  static final int FEEDS_MAX = 100;

  /** No data is shorter. */
  public static final int BYTES_MIN = 28;

  private static final int NUMBER_AT = 3;
  private static final int NANOS_AT = 11;
  private static final int PADDING_AT = 27;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private NumberedData() {}

  /** {@return data of a feed with number and time 0} */
  static String blank(int feed, int bytes) {
    if (feed >= FEEDS_MAX || bytes < BYTES_MIN) {
      throw new IllegalArgumentException(
          "data: feed %d, %d bytes (expected: < %d, >= %d)"
              .formatted(feed, bytes, FEEDS_MAX, BYTES_MIN));
    }
    return "~%02d%024d".formatted(feed, 0) + ".".repeat(bytes - BYTES_MIN) + "!";
  }

  /** {@return data with a number, and time 0} */
  public static String of(int feed, int number, int bytes) {
    var data = blank(feed, bytes).getBytes(ISO_8859_1);
    stamp(data, 0, number, 0);
    return new String(data, ISO_8859_1);
  }

  /** {@return what follows the time in data of this size} */
  static byte[] padding(int bytes) {
    return blank(0, bytes).substring(PADDING_AT).getBytes(ISO_8859_1);
  }

  /** Writes number and time into data that begins at {@code at}. */
  static void stamp(byte[] into, int at, int number, long nanos) {
    digits(into, at + NUMBER_AT, 8, number);
    digits(into, at + NANOS_AT, 16, nanos);
  }

  private static void digits(byte[] into, int at, int count, long value) {
    long rest = value;
    for (int i = at + count - 1; i >= at; i--) {
      into[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  static int feed(byte[] bytes, int at) {
    return (bytes[at + 1] - '0') * 10 + (bytes[at + 2] - '0');
  }

  static int number(byte[] bytes, int at) {
    return (int) eightDigits(bytes, at + NUMBER_AT);
  }

  static long nanos(byte[] bytes, int at) {
    return eightDigits(bytes, at + NANOS_AT) * 100_000_000L + eightDigits(bytes, at + NANOS_AT + 8);
  }

  /** {@return whether data that begins at {@code at} has a mark, and all its padding} */
  static boolean isWhole(byte[] bytes, int at, byte[] padding) {
    int from = at + PADDING_AT;
    return bytes[at] == MARK
        && Arrays.mismatch(bytes, from, from + padding.length, padding, 0, padding.length) < 0;
  }

  /** Eight ASCII digits at once: pairs, then fours, then all, each step one multiplication. */
  private static long eightDigits(byte[] bytes, int at) {
    long v = (long) LONG.get(bytes, at) - 0x3030303030303030L;
    v = v * 10 + (v >>> 8);
    return (((v & 0x000000FF000000FFL) * 0x000F424000000064L
                + ((v >>> 16) & 0x000000FF000000FFL) * 0x0000271000000001L)
            >>> 32)
        & 0xFFFFFFFFL;
  }
}
