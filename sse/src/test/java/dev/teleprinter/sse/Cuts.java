// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** The ways a network may cut a body into reads. */
final class Cuts {
  private Cuts() {}

  static List<byte[]> byteByByte(byte[] body) {
    var pieces = new ArrayList<byte[]>();
    for (byte b : body) {
      pieces.add(new byte[] {b});
    }
    return pieces;
  }

  static List<byte[]> inTwo(byte[] body, int at) {
    return List.of(Arrays.copyOf(body, at), Arrays.copyOfRange(body, at, body.length));
  }

  static List<byte[]> anywhere(byte[] body, RandomGenerator random) {
    var pieces = new ArrayList<byte[]>();
    int from = 0;
    while (from < body.length) {
      int to = Math.min(body.length, from + random.nextInt(12));
      pieces.add(Arrays.copyOfRange(body, from, to)); // some are empty
      from = to;
    }
    return pieces;
  }
}
