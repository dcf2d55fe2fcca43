// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.Arrays;

/**
 * The segments of one topic, oldest first. Immutable: what a reader got does not change under it,
 * though its segments may be given back. Most topics have one segment, which is its own list.
 */
sealed interface Segments permits Segment, Segments.Several {
  /** {@return no segment} */
  static Segments none() {
    return Several.NONE;
  }

  int size();

  Segment get(int index);

  /** {@return these, then a newer one} */
  default Segments plus(Segment newest) {
    if (size() == 0) {
      return newest;
    }
    var all = new Segment[size() + 1];
    for (int i = 0; i < size(); i++) {
      all[i] = get(i);
    }
    all[size()] = newest;
    return new Several(all);
  }

  /** {@return these without the oldest} */
  default Segments withoutOldest() {
    return range(1, size());
  }

  /** {@return these without the newest} */
  default Segments withoutNewest() {
    return range(0, size() - 1);
  }

  private Segments range(int from, int to) {
    if (to - from <= 1) {
      return from == to ? none() : get(from);
    }
    return new Several(Arrays.copyOfRange(((Several) this).all, from, to));
  }

  /** None, or two and more. */
  final class Several implements Segments {
    private static final Several NONE = new Several(new Segment[0]);

    private final Segment[] all;

    private Several(Segment[] all) {
      this.all = all;
    }

    @Override
    public int size() {
      return all.length;
    }

    @Override
    public Segment get(int index) {
      return all[index];
    }
  }
}
