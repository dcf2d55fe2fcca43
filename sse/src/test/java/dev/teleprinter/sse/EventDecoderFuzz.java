// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Any bytes as an event stream: what is read is what the specification word for word reads, however
 * the bytes are cut; and what was read is read again from what it is encoded to. A target for a
 * coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class EventDecoderFuzz {
  private static final int NAIVE_BYTES_MAX = 2_000; // it is slow

  private EventDecoderFuzz() {}

  /** The first byte chooses where the rest is cut. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    var body = Arrays.copyOfRange(input, 1, input.length);
    var whole = Decoded.of(body);
    requireSame(whole, Decoded.of(cut(body, new Random(input[0]))), "cut");
    if (body.length <= NAIVE_BYTES_MAX) {
      requireSame(withoutNulTypes(body) ? NaiveDecoder.decode(body) : whole, whole, "naive");
    }
    for (var event : whole.bareEvents()) {
      var again = Decoded.of(EventEncoder.encode(event)).bareEvents();
      requireSame(List.of(event), again, "encoded and decoded");
    }
    requireBounded(body);
  }

  /** The reference knows no types that are ignored for a NUL (docs/decisions/0006). */
  private static boolean withoutNulTypes(byte[] body) {
    for (byte b : body) {
      if (b == 0) {
        return false;
      }
    }
    return true;
  }

  private static List<byte[]> cut(byte[] body, Random random) {
    var pieces = new ArrayList<byte[]>();
    for (int at = 0; at < body.length; ) {
      int to = Math.min(body.length, at + 1 + random.nextInt(8));
      pieces.add(Arrays.copyOfRange(body, at, to));
      at = to;
    }
    return pieces;
  }

  /** With a limit of 64 bytes, an event is within it or refused, and never anything else. */
  private static void requireBounded(byte[] body) {
    var decoder =
        new EventDecoder(
            event -> {
              if (event.data().length() > 64) {
                throw new AssertionError("an event beyond the limit: " + event);
              }
            },
            64);
    try {
      for (byte b : body) {
        decoder.feed(new byte[] {b}, 0, 1);
      }
    } catch (EventTooLargeException e) {
      return; // refused
    }
    decoder.end();
  }

  private static void requireSame(Object expected, Object found, String how) {
    if (!expected.equals(found)) {
      throw new AssertionError(how + ": " + found + " (expected: " + expected + ")");
    }
  }
}
