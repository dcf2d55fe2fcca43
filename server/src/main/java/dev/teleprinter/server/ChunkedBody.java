// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;

/**
 * Reads a body that comes in chunks (RFC 9112 7.1) out of what arrives on a connection, however it
 * is cut. A chunk of an answer is mostly one token: Netty's codec would make several objects of it
 * and write to an old one, which the collector then has to look at. Extensions and trailers are
 * skipped. Confined to the connection's loop.
 */
final class ChunkedBody {
  /** Takes the body's bytes as they come. */
  @FunctionalInterface
  interface Sink {
    /** Takes the next {@code count} bytes, one at least, all of which it reads. */
    void take(ByteBuf bytes, int count);
  }

  private static final int SKIPPED_MAX = 8 << 10; // bytes of one line, or of all trailers

  // What comes next; numbers, since a reference to an enum's would be such a write.
  private static final int SIZE = 0;
  private static final int EXTENSION = 1;
  private static final int SIZE_LF = 2;
  private static final int DATA = 3;
  private static final int DATA_CR = 4;
  private static final int DATA_LF = 5;
  private static final int TRAILER = 6; // the first byte of a line
  private static final int TRAILER_REST = 7;
  private static final int LAST_LF = 8;
  private static final int OVER = 9;

  private int next = SIZE;
  private int digits; // of the size
  private int skipped;
  private long size; // of the chunk; while it is read, what is left of it

  /**
   * Reads on, through the body's end at most: what follows stays in the buffer.
   *
   * @return whether that was the end
   * @throws BadReplyException when these are no chunks, or a line is too long
   */
  boolean read(ByteBuf bytes, Sink sink) throws BadReplyException {
    while (next != OVER && bytes.isReadable()) {
      if (next == DATA) {
        int count = (int) Math.min(size, bytes.readableBytes());
        size -= count;
        next = size == 0 ? DATA_CR : DATA;
        sink.take(bytes, count);
      } else {
        next = after(bytes.readByte());
      }
    }
    return next == OVER;
  }

  /** {@return what comes next after one byte that is not data} */
  private int after(byte read) throws BadReplyException {
    return switch (next) {
      case SIZE -> afterSize(read);
      case EXTENSION -> read == '\r' ? SIZE_LF : skip(EXTENSION);
      case SIZE_LF -> afterSizeLine(read);
      case DATA_CR -> expect('\r', read, DATA_LF);
      case DATA_LF -> expect('\n', read, SIZE);
      case TRAILER -> afterTrailers(read);
      case TRAILER_REST -> skip(read == '\n' ? TRAILER : TRAILER_REST);
      case LAST_LF -> expect('\n', read, OVER);
      default -> throw new IllegalStateException("chunks: " + next);
    };
  }

  private int afterSize(byte read) throws BadReplyException {
    int digit = Character.digit(read, 16);
    if (digit >= 0) {
      if (++digits > 15) {
        throw new BadReplyException("chunk: larger than any");
      }
      size = size << 4 | digit;
      return SIZE;
    }
    if (digits == 0 || (read != '\r' && read != ';' && read != ' ' && read != '\t')) {
      throw new BadReplyException("chunk: its size is no number");
    }
    return read == '\r' ? SIZE_LF : EXTENSION;
  }

  private int afterSizeLine(byte read) throws BadReplyException {
    expect('\n', read, DATA);
    digits = 0;
    skipped = 0;
    return size == 0 ? TRAILER : DATA;
  }

  private int afterTrailers(byte read) throws BadReplyException {
    if (read == '\n') {
      throw new BadReplyException("chunk: a line ends without CR");
    }
    return read == '\r' ? LAST_LF : skip(TRAILER_REST);
  }

  private int skip(int then) throws BadReplyException {
    if (++skipped > SKIPPED_MAX) {
      throw new BadReplyException("chunk: too much beside its bytes");
    }
    return then;
  }

  private static int expect(char expected, byte read, int then) throws BadReplyException {
    if (read != expected) {
      throw new BadReplyException("chunk: not of the size it says");
    }
    return then;
  }
}
