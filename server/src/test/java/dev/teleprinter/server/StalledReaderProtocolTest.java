// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.JournalConfig;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers whose sockets the kernel still takes everything for, while they read nothing. */
@Timeout(60)
class StalledReaderProtocolTest {
  private static final int EVENTS = 200;
  private static final String DATA = "x".repeat(2_000);
  private static final int RECEIVE_BYTES = 4 << 10;
  private static final Map<String, Long> STALLED = Map.of("took nothing for the write timeout", 1L);

  @TempDir Path folder;

  private final AtomicLong now = new AtomicLong();
  private final ServerConfig config = ServerConfig.defaults().withHost("localhost");
  private final long timeoutNanos = config.timeouts().write().toNanos();

  @BeforeAll
  static void assumeThatTheKernelTells() {
    Assumptions.assumeTrue(Epoll.isAvailable());
  }

  @Test
  void shedsWhoTakesNothingWhichResumesExactly() throws Exception {
    try (var hub = hub(config);
        var stalled = new WireClient(socket(hub)).get("/t/a?after=0")) {
      fill(hub, stalled);
      untilShed(hub, 1);
      assertThat(hub.server.readers().figures().ended()).isEqualTo(STALLED);
      int had = 0;
      try {
        for (; true; had++) {
          assertThat(stalled.chunk()).isEqualTo(hub.block(had + 1, had + DATA));
        }
      } catch (IOException e) {
        assertThat(had).as("events it had when it was cut: " + e).isBetween(1, EVENTS - 1);
      }
      try (var resumed = hub.client().get("/t/a?after=" + had)) {
        resumed.head();
        resumed.chunk();
        for (int i = had; i < EVENTS; i++) {
          assertThat(resumed.chunk()).isEqualTo(hub.block(i + 1, i + DATA));
        }
      }
    }
  }

  @Test
  void keepsWhoTakesALittleNowAndThen() throws Exception {
    try (var hub = hub(config);
        var slow = new WireClient(socket(hub)).get("/t/a?after=0")) {
      fill(hub, slow);
      for (int i = 0; i < EVENTS; i++) {
        assertThat(slow.chunk()).isEqualTo(hub.block(i + 1, i + DATA));
        if (i % 5 == 4) { // its buffer full
          pass(hub, timeoutNanos / 2);
        }
      }
      assertThat(hub.server.readers().shedCount()).isZero();
    }
  }

  /** Its system says nothing of it before much of its receive buffer is free again. */
  @Test
  void cannotTellWhoTakesAByteASecondFromWhoTakesNothing() throws Exception {
    try (var hub = hub(config);
        var slow = new WireClient(socket(hub)).get("/t/a?after=0")) {
      fill(hub, slow);
      long second = 1_000_000_000L;
      int seconds = 0;
      while (hub.server.readers().shedCount() == 0) {
        slow.skip(1);
        pass(hub, second);
        seconds++;
      }
      assertThat(seconds).isBetween(30, 120);
      assertThat(hub.server.readers().figures().ended()).isEqualTo(STALLED);
    }
  }

  @Test
  void findsAHalfOpenPeer() throws Exception {
    try (var hub = hub(config)) {
      var peer = io.netty.channel.unix.Socket.newSocketStream();
      boolean connected =
          peer.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), hub.server.port()));
      assertThat(connected || peer.finishConnect()).isTrue();
      var request = "GET /t/a HTTP/1.1\r\nHost: t\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      peer.send(ByteBuffer.allocateDirect(request.length).put(request), 0, request.length);
      while (hub.server.readers().count() == 0) {
        Thread.onSpinWait();
      }
      unplug(peer);
      hub.append("a", "unheard");
      untilShed(hub, 1);
      assertThat(hub.server.readers().figures().ended()).isEqualTo(STALLED);
      peer.close();
    }
  }

  /** Has the kernel drop whatever arrives for a socket, so that nothing is acknowledged. */
  private static void unplug(io.netty.channel.unix.Socket socket) throws IOException {
    int socketLevel = 1; // SOL_SOCKET
    int attachFilter = 26; // SO_ATTACH_FILTER
    var dropAll = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder()); // of linux/filter.h
    dropAll.putShort(0, (short) 6); // BPF_RET | BPF_K: nothing of it
    var program = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
    program.putShort(0, (short) 1).putLong(8, Buffer.memoryAddress(dropAll));
    socket.setRawOpt(socketLevel, attachFilter, program);
  }

  @Test
  void looksThroughTls() throws Exception {
    var tls = new SelfSigned(folder);
    try (var hub = hub(config.withTls(tls.files))) {
      var plain = socket(hub);
      var secret =
          tls.client.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
      try (var stalled = new WireClient(secret).get("/t/a?after=0")) {
        fill(hub, stalled);
        untilShed(hub, 1);
        assertThat(hub.server.readers().figures().ended()).isEqualTo(STALLED);
        assertThatThrownBy(stalled::rest).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void closesAnHttp2ConnectionThatTakesNothingWithAllItsStreams() throws Exception {
    try (var hub = hub(config);
        var stalled = new WireClient(socket(hub))) {
      stalled.send(http2(1, 3));
      stalled.skip(1); // it is accepted
      append(hub, 2);
      untilShed(hub, 2);
      assertThat(hub.server.readers().figures().ended().keySet()).isEqualTo(STALLED.keySet());
      assertThat(hub.server.readers().count()).isZero();
      assertThatThrownBy(stalled::rest).isInstanceOf(IOException.class);
      while (hub.server.connections() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  private TestHub hub(ServerConfig with) throws IOException {
    return new TestHub(with, JournalConfig.defaults(), now::get);
  }

  private static Socket socket(TestHub hub) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BYTES);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), hub.server.port()));
    return socket;
  }

  private void fill(TestHub hub, WireClient reader) throws IOException {
    reader.head();
    reader.chunk();
    append(hub, 1);
  }

  /** Much more than the reader's buffer holds, and less than the kernel's. */
  private void append(TestHub hub, int readers) {
    for (int i = 0; i < EVENTS; i++) {
      hub.append("a", i + DATA);
    }
    while (hub.server.readers().list(9).stream()
            .filter(reader -> reader.cursor() == EVENTS && reader.heldBytes() == 0)
            .count()
        < readers) {
      Thread.onSpinWait();
    }
  }

  private void pass(TestHub hub, long nanos) {
    now.addAndGet(nanos);
    hub.tick();
  }

  private void untilShed(TestHub hub, int readers) {
    pass(hub, timeoutNanos / 8);
    pass(hub, timeoutNanos - 1);
    assertThat(hub.server.readers().shedCount()).as("before its time").isZero();
    while (hub.server.readers().shedCount() < readers) { // it may still acknowledge a little
      pass(hub, timeoutNanos / 8);
    }
  }

  /** What asks for the topic on some streams of RFC 9113, with windows that hold nothing back. */
  private static byte[] http2(int... streams) throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    var window = ByteBuffer.allocate(6).putShort((short) 4).putInt(Integer.MAX_VALUE);
    frame(bytes, 4, 0, 0, window.array());
    frame(bytes, 8, 0, 0, ByteBuffer.allocate(4).putInt(1 << 30).array());
    var path = "/t/a?after=0";
    var head = new ByteArrayOutputStream();
    head.write(new byte[] {(byte) 0x82, (byte) 0x86, 0x01, 1, 't', 0x04, (byte) path.length()});
    head.write(path.getBytes(StandardCharsets.US_ASCII));
    for (int stream : streams) {
      frame(bytes, 1, 5, stream, head.toByteArray());
    }
    return bytes.toByteArray();
  }

  private static void frame(
      ByteArrayOutputStream to, int type, int flags, int stream, byte[] payload)
      throws IOException {
    to.write(
        ByteBuffer.allocate(9)
            .put((byte) 0)
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .array());
    to.write(payload);
  }
}
