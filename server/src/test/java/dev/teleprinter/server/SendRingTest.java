// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SendRingTest {
  private static final int SENDS_MAX = 1024;

  @BeforeAll
  static void needsAKernelThatHasRings() {
    Assumptions.assumeTrue(Epoll.isAvailable(), "no epoll, so none of its sockets");
    Assumptions.assumeTrue(IoUring.isAvailable(), "this kernel has no io_uring for us");
  }

  @Test
  void sendsToEverySocketItsOwnBytes() throws Exception {
    try (var arena = Arena.ofConfined();
        var ring = new SendRing();
        var pairs = new Pairs(50)) {
      var results = new ArrayList<Integer>();
      for (int i = 0; i < 50; i++) {
        var text = text(arena, "reader " + i);
        add(ring, pairs.socket(i), text, results);
      }
      assertThat(results).as("nothing is sent before the flush").isEmpty();
      ring.flush();
      assertThat(results).hasSize(50);
      assertThat(ring.isEmpty()).isTrue();
      for (int i = 0; i < 50; i++) {
        var expected = "reader " + i;
        assertThat(results.get(i)).isEqualTo(expected.length());
        assertThat(pairs.read(i, expected.length())).isEqualTo(expected);
      }
    }
  }

  @Test
  void goesRoundManyTimes() throws Exception {
    try (var arena = Arena.ofConfined();
        var ring = new SendRing();
        var pairs = new Pairs(1)) {
      var letter = text(arena, "x");
      int[] told = {0};
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < SENDS_MAX - round; i++) {
          assertThat(ring.isFull()).isFalse();
          ring.add(pairs.socket(0), letter.address(), 1, (result, _) -> told[0] += result, null);
        }
        assertThat(ring.isFull()).isEqualTo(round == 0);
        ring.flush();
      }
      int sent = IntStream.range(0, 5).map(round -> SENDS_MAX - round).sum();
      assertThat(told[0]).isEqualTo(sent);
      assertThat(pairs.read(0, sent)).isEqualTo("x".repeat(sent));
    }
  }

  @Test
  void saysWhatAFullSocketTookAndDoesNotWait() throws Exception {
    try (var arena = Arena.ofConfined();
        var ring = new SendRing();
        var pairs = new Pairs(2)) {
      var large = arena.allocate(1 << 20);
      var small = text(arena, "still quick");
      var results = new ArrayList<Integer>();
      long taken = 0;
      while (results.isEmpty() || results.getLast() == large.byteSize()) {
        add(ring, pairs.socket(0), large, results);
        ring.flush();
        taken += Math.max(0, results.getLast());
      }
      results.clear();
      add(ring, pairs.socket(0), large, results);
      add(ring, pairs.socket(1), small, results);
      ring.flush();
      assertThat(results).containsExactly(-SendRing.FULL, "still quick".length());
      assertThat(pairs.read(1, "still quick".length())).isEqualTo("still quick");
      assertThat(pairs.read(0, (int) taken)).hasSize((int) taken);
    }
  }

  @Test
  void tellsOfASocketWhosePeerIsGone() throws Exception {
    try (var arena = Arena.ofConfined();
        var ring = new SendRing();
        var pairs = new Pairs(1)) {
      pairs.reset(0);
      var letter = text(arena, "x");
      var results = new ArrayList<Integer>();
      do {
        add(ring, pairs.socket(0), letter, results);
        ring.flush();
      } while (results.getLast() > 0); // the reset may still be on its way
      assertThat(-results.getLast()).isIn(32, 104); // EPIPE, ECONNRESET
    }
  }

  @Test
  void oneSendersBugIsNotTheOthers() throws Exception {
    try (var arena = Arena.ofConfined();
        var ring = new SendRing();
        var pairs = new Pairs(1)) {
      var letter = text(arena, "x");
      var results = new ArrayList<Integer>();
      ring.add(
          pairs.socket(0),
          letter.address(),
          1,
          (_, _) -> {
            throw new IllegalStateException("a bug");
          },
          null);
      add(ring, pairs.socket(0), letter, results);
      ring.flush();
      assertThat(results).containsExactly(1);
    }
  }

  @Test
  void tellsEverybodyThatNothingWasSentWhenItGivesUp() throws Exception {
    try (var arena = Arena.ofConfined();
        var ring = new SendRing();
        var pairs = new Pairs(1)) {
      var letter = text(arena, "x");
      var results = new ArrayList<Integer>();
      add(ring, pairs.socket(0), letter, results);
      add(ring, pairs.socket(0), letter, results);
      ring.giveUp();
      assertThat(results).containsExactly(-SendRing.FULL, -SendRing.FULL);
      assertThat(ring.isEmpty()).isTrue();
    }
  }

  /** Adds a send whose result is noted. */
  private static void add(SendRing ring, int socket, MemorySegment bytes, List<Integer> results) {
    ring.add(
        socket, bytes.address(), (int) bytes.byteSize(), (result, _) -> results.add(result), null);
  }

  private static MemorySegment text(Arena arena, String text) {
    return arena
        .allocate(text.length())
        .copyFrom(MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII)));
  }

  /** Connected sockets: native ones that do not block, and the Java ones at their other ends. */
  private static final class Pairs implements AutoCloseable {
    private final List<Socket> here = new ArrayList<>();
    private final List<java.net.Socket> there = new ArrayList<>();

    Pairs(int count) throws IOException {
      try (var listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress())) {
        var address =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
        for (int i = 0; i < count; i++) {
          var socket = Socket.newSocketStream();
          here.add(socket);
          boolean connected = socket.connect(address);
          there.add(listener.accept());
          assertThat(connected || socket.finishConnect()).isTrue();
        }
      }
    }

    int socket(int index) {
      return here.get(index).intValue();
    }

    String read(int index, int bytes) throws IOException {
      return new String(
          there.get(index).getInputStream().readNBytes(bytes), StandardCharsets.US_ASCII);
    }

    void reset(int index) throws IOException {
      there.get(index).setSoLinger(true, 0);
      there.get(index).close();
    }

    @Override
    public void close() throws IOException {
      for (var socket : here) {
        socket.close();
      }
      for (var socket : there) {
        socket.close();
      }
    }
  }
}
