// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Turns lines into encoded events: what is written to it, to what it writes. Lines end with LF or
 * CRLF; a last one without an end is an event too, when this is closed. Each write passes on all
 * events it completes, at once and in one write. Confined to one thread.
 */
final class LineEvents extends OutputStream {
  private static final int LINE_BYTES_MAX = 16 << 20; // more than a server takes: it says how much

  private final Event template;
  private final OutputStream output;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream blocks = new ByteArrayOutputStream();
  private long lines;

  /** Events like the template, with a line each as data. Does not close the output. */
  LineEvents(Event template, OutputStream output) {
    this.template = template;
    this.output = output;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int from = offset;
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] == '\n') {
        line.write(bytes, from, i - from);
        endLine();
        from = i + 1;
      }
    }
    line.write(bytes, from, offset + length - from);
    pass();
    if (line.size() > LINE_BYTES_MAX) {
      throw new IOException("a line of more than 16 MiB (expected: shorter ones)");
    }
  }

  private void endLine() throws IOException {
    var text = text();
    line.reset();
    var data = text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    blocks.writeBytes(EventEncoder.encode(new Event(null, template.type(), data, null)));
  }

  /** The line as it is, or nothing: what is published must be what was given. */
  private String text() throws IOException {
    lines++;
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(line.toByteArray())).toString();
    } catch (CharacterCodingException e) {
      pass(); // the lines before it
      throw new IOException("line " + lines + ": bytes that are not UTF-8 (expected: UTF-8)", e);
    }
  }

  private void pass() throws IOException {
    if (blocks.size() > 0) {
      output.write(blocks.toByteArray());
      blocks.reset();
    }
  }

  @Override
  public void close() throws IOException {
    if (line.size() > 0) {
      endLine();
      pass();
    }
  }
}
