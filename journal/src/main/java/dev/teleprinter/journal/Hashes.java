// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** 64-bit hashes of names, the same in every run. Stateless. */
final class Hashes {
  private static final long BASIS = 0xcbf29ce484222325L; // FNV-1a
  private static final long PRIME = 0x100000001b3L;

  private Hashes() {}

  static long of(String name) {
    return mixed(add(BASIS, name));
  }

  /** The same with a seed, for those who must not guess it. */
  static long of(long seed, String name) {
    return mixed(add(seed, name));
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

  /** Of names that differ in their last letters only, the high bits shall differ too. */
  private static long mixed(long hash) {
    long h = (hash ^ (hash >>> 32)) * 0x9e3779b97f4a7c15L;
    return h ^ (h >>> 29);
  }
}
