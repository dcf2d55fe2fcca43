// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static dev.teleprinter.server.Http2Wire.CONTINUATION;
import static dev.teleprinter.server.Http2Wire.DATA;
import static dev.teleprinter.server.Http2Wire.END_HEADERS;
import static dev.teleprinter.server.Http2Wire.HEADERS;
import static dev.teleprinter.server.Http2Wire.PING;
import static dev.teleprinter.server.Http2Wire.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class Http2FramesTest {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private long now;
  private int unfinished;
  private int floods;
  private final Http2Frames frames = new Http2Frames(() -> now, () -> unfinished++, () -> floods++);

  private static byte[] frame(int type, int flags, int bytes) {
    var frame = new ByteArrayOutputStream();
    frame.writeBytes(Http2Wire.head(bytes, type, flags, 1));
    frame.writeBytes(new byte[bytes]);
    return frame.toByteArray();
  }

  private boolean read(byte[]... pieces) {
    return frames.admit(Unpooled.wrappedBuffer(pieces));
  }

  private static byte[] part(byte[] of, int from, int to) {
    return Arrays.copyOfRange(of, from, to);
  }

  @Test
  void isUnfinishedAtEverySplitButThoseBetweenFrames() {
    var all = new ByteArrayOutputStream();
    var ends = new HashSet<Integer>();
    all.writeBytes(PREFACE);
    ends.add(all.size());
    for (var each : new byte[][] {frame(SETTINGS, 0, 6), frame(PING, 0, 8), frame(DATA, 0, 0)}) {
      all.writeBytes(each);
      ends.add(all.size());
    }
    all.writeBytes(frame(HEADERS, 0, 5)); // the block goes on
    all.writeBytes(frame(CONTINUATION, 0, 3));
    all.writeBytes(frame(CONTINUATION, END_HEADERS, 3));
    ends.add(all.size());
    all.writeBytes(frame(DATA, 0, 300));
    ends.add(all.size());
    var bytes = all.toByteArray();
    for (int i = 0; i < bytes.length; i++) {
      assertThat(read(part(bytes, i, i + 1))).isTrue();
      assertThat(frames.isUnfinished())
          .as("after %d bytes", i + 1)
          .isNotEqualTo(ends.contains(i + 1));
    }
    assertThat(unfinished).isEqualTo(bytes.length - ends.size());
  }

  @Test
  void aHeaderBlockIsAsOldAsItsFirstByte() {
    read(PREFACE);
    now = 10;
    read(frame(HEADERS, 0, 5));
    now = 20;
    read(frame(CONTINUATION, 0, 5), part(frame(CONTINUATION, END_HEADERS, 5), 0, 3));
    assertThat(frames.sinceNanos()).isEqualTo(10);
  }

  @Test
  void aBodysFrameIsAsOldAsItsLastByte() {
    read(PREFACE);
    var data = frame(DATA, 0, 100);
    now = 10;
    read(part(data, 0, 50));
    now = 20;
    read(part(data, 50, 60));
    assertThat(frames.sinceNanos()).isEqualTo(20);
    now = 30;
    read(part(data, 60, data.length), part(frame(PING, 0, 8), 0, 12));
    now = 40;
    read(part(frame(PING, 0, 8), 12, 13));
    assertThat(frames.sinceNanos()).as("another frame").isEqualTo(30);
  }

  @Test
  void manyFramesWithoutContentAreAFloodOnlyWithinAShortTime() {
    read(PREFACE);
    for (int i = 0; i < 5 * Http2Frames.CONTROL_MAX; i++) {
      now += Http2Frames.WINDOW_NANOS / Http2Frames.CONTROL_MAX;
      assertThat(read(frame(PING, 0, 8))).isTrue();
    }
    for (int i = 0; i < 5 * Http2Frames.CONTROL_MAX; i++) {
      assertThat(read(frame(PING, Http2Wire.ACK, 8), frame(DATA, 0, 1), frame(8, 0, 4))).isTrue();
    }
    assertThat(floods).isZero();
    boolean admitted = true;
    for (int i = 0; i < 3 * Http2Frames.CONTROL_MAX; i++) {
      admitted = read(frame(PING, 0, 8));
    }
    assertThat(admitted).isFalse();
    assertThat(floods).isOne();
  }
}
