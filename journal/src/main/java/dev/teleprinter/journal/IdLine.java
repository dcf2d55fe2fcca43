// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;

/**
 * The id line of the frame being written: {@code id: }, the id, LF. Written in place for the
 * journal's own ids, so that an append allocates no more than the id's text. Confined to the
 * appender.
 */
final class IdLine {
  private static final byte[] NAME = "id: ".getBytes(ISO_8859_1);
  private static final int DIGITS_MAX = 19;

  private final byte[] plain;
  private final byte[] fragment;

  private byte[] bytes;
  private int length;

  IdLine(String epoch) {
    this.plain = template("id: " + epoch + "-");
    this.fragment = template("id: #" + epoch + "-");
    this.bytes = plain;
  }

  private static byte[] template(String before) {
    var template = new byte[before.length() + DIGITS_MAX + 1];
    System.arraycopy(before.getBytes(ISO_8859_1), 0, template, 0, before.length());
    return template;
  }

  /** Becomes the line of the journal's own id for a sequence. */
  void setOwn(Append.IdForm form, long sequence) {
    bytes = form == Append.IdForm.FRAGMENT ? fragment : plain;
    int digits = 1;
    for (long rest = sequence / 10; rest > 0; rest /= 10) {
      digits++;
    }
    length = bytes.length - DIGITS_MAX - 1 + digits + 1;
    bytes[length - 1] = '\n';
    long rest = sequence;
    for (int at = length - 2; digits > 0; digits--, at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /** Becomes a line given by a publisher. */
  void set(byte[] line) {
    bytes = line;
    length = line.length;
  }

  /** {@return the journal's own id that it carries} */
  String ownId() {
    return new String(bytes, NAME.length, length - NAME.length - 1, ISO_8859_1);
  }

  int length() {
    return length;
  }

  /** Writes the line at a position. Returns the position after it. */
  int put(ByteBuffer into, int position) {
    into.put(position, bytes, 0, length);
    return position + length;
  }
}
