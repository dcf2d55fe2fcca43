// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What one reader was sent, frame by frame. */
final class Transcript {
  record Frame(long sequence, String block) {
    String data() {
      return block
          .lines()
          .filter(line -> line.startsWith("data:"))
          .map(line -> line.startsWith("data: ") ? line.substring(6) : line.substring(5))
          .collect(Collectors.joining("\n"));
    }
  }

  private final List<Frame> frames = new ArrayList<>();
  private long cursor;

  Transcript(long cursor) {
    this.cursor = cursor;
  }

  long cursor() {
    return cursor;
  }

  List<Frame> frames() {
    return frames;
  }

  List<String> texts() {
    return frames.stream().map(Frame::data).toList();
  }

  List<Long> sequences() {
    return frames.stream().map(Frame::sequence).toList();
  }

  /** Takes what a read found: the slices must be its blocks, each framed as one chunk. */
  void add(Frames read) {
    var expectedWire = new ByteArrayOutputStream();
    read.forEach((sequence, block) -> {
      assertThat(sequence).isGreaterThan(cursor);
      cursor = sequence;
      var bytes = bytes(block);
      frames.add(new Frame(sequence, new String(bytes, UTF_8)));
      expectedWire.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(UTF_8));
      expectedWire.writeBytes(bytes);
      expectedWire.writeBytes("\r\n".getBytes(UTF_8));
    });
    assertThat(read.through()).isEqualTo(cursor);
    var wire = new ByteArrayOutputStream();
    for (int i = 0; i < read.slices(); i++) {
      var slice = read.slice(i);
      assertThat(slice.remaining()).isEqualTo(read.length(i));
      wire.writeBytes(bytes(slice));
    }
    assertThat(wire.toByteArray()).isEqualTo(expectedWire.toByteArray());
    assertThat(read.bytes()).isEqualTo(wire.size());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    var bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
