// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import java.time.Duration;

/**
 * How hard attacks are. {@code -Dhostile.long=true} makes them long, {@code -Dhostile.heapMib=1024}
 * gives the attacked server another heap. Stateless.
 */
final class AttackStrength {
  /** The attacked server's heap. */
  static final int HEAP_MIB = Integer.getInteger("hostile.heapMib", 128);

  static final boolean IS_LONG = Boolean.getBoolean("hostile.long");

  /** The deadlines that {@link AttackedServer} is configured with; a connection state has one. */
  static final Duration REQUEST_DEADLINE = Duration.ofSeconds(2);

  static final Duration KEEP_ALIVE = Duration.ofSeconds(3);
  static final Duration WRITE_DEADLINE = Duration.ofSeconds(3);

  /** What a busy machine may add to a deadline. */
  static final Duration GRACE = Duration.ofSeconds(5);

  private AttackStrength() {}

  /** {@return how many, in a short run or in a long one} */
  static int of(int brief, int extended) {
    return IS_LONG ? extended : brief;
  }
}
