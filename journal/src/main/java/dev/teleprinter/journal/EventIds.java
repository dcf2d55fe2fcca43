// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** The text of the journal's own event ids: {@code <epoch>-<sequence>}. Stateless. */
public final class EventIds {
  private EventIds() {}

  /** {@return the plain id of a sequence} */
  public static String of(String epoch, long sequence) {
    return epoch + "-" + sequence;
  }

  /**
   * {@return the sequence that an id of this epoch names, with or without the leading {@code #}; -1
   * when it is not one}
   */
  public static long sequence(String epoch, String id) {
    int from = id.startsWith("#") ? 1 : 0;
    int digits = from + epoch.length() + 1;
    if (!id.startsWith(epoch, from) || id.length() <= digits || id.charAt(digits - 1) != '-') {
      return -1;
    }
    if (id.length() - digits > 18) {
      return -1;
    }
    long sequence = 0;
    for (int i = digits; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      sequence = sequence * 10 + (c - '0');
    }
    return sequence;
  }
}
