// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** 64-bit hashes of names. Those without a seed are the same in every run. Stateless. */
final class Hashes {
  private static final long BASIS = 0xcbf29ce484222325L; // FNV-1a
  private static final long PRIME = 0x100000001b3L;
  private static final long ODD = 0x9e3779b97f4a7c15L; // bits without a pattern: the golden ratio's

  private Hashes() {}

  static long of(String name) {
    return mixed(add(BASIS, name));
  }

  /**
   * With a seed, for names chosen by those who must not guess it. Four characters at a time: this
   * is done for every event.
   */
  static long of(long seed, String name) {
    int length = name.length();
    long sum = seed ^ length;
    int at = 0;
    for (; at <= length - 4; at += 4) {
      sum =
          folded(
              sum
                  ^ name.charAt(at)
                  ^ (long) name.charAt(at + 1) << 16
                  ^ (long) name.charAt(at + 2) << 32
                  ^ (long) name.charAt(at + 3) << 48);
    }
    for (; at < length; at++) {
      sum = folded(sum ^ name.charAt(at));
    }
    return mixed(sum);
  }

  static long of(String topic, String id) {
    return mixed(add(add(BASIS, topic) * PRIME ^ 0x1f, id));
  }

  private static long add(long hash, String text) {
    long sum = hash;
    for (int i = 0; i < text.length(); i++) {
      sum = (sum ^ text.charAt(i)) * PRIME;
    }
    return sum;
  }

  /**
   * Both halves of a product: whatever differs comes to bear on all bits, in a way that hangs on
   * the seed.
   */
  private static long folded(long value) {
    return Math.unsignedMultiplyHigh(value, ODD) ^ value * ODD;
  }

  /** Of names that differ in their last letters only, the high bits shall differ too. */
  private static long mixed(long hash) {
    long h = (hash ^ (hash >>> 32)) * ODD;
    return h ^ (h >>> 29);
  }
}
