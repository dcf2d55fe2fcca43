// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy on a loopback port that, when told to, resets every connection after some random
 * number of bytes of the answer. Thread-safe.
 */
final class CuttingProxy implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(CuttingProxy.class.getName());

  private final ServerSocket listener;
  private final int port;
  private final Random random;
  private final AtomicInteger cuts = new AtomicInteger();
  private volatile int bytesMax = Integer.MAX_VALUE;

  /** In front of a loopback port. */
  CuttingProxy(int port, long seed) throws IOException {
    this.port = port;
    this.random = new Random(seed);
    this.listener = new ServerSocket(0, 64, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().name("proxy").start(this::accept);
  }

  URI url(String path) {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + path);
  }

  /** From now on each connection carries fewer bytes back than this, and is then reset. */
  void cutBefore(int bytes) {
    bytesMax = bytes;
  }

  /** How many connections it has reset. */
  int cuts() {
    return cuts.get();
  }

  private void accept() {
    try {
      while (true) {
        var client = listener.accept();
        Thread.ofVirtual().name("proxied").start(() -> serve(client));
      }
    } catch (IOException e) {
      if (!listener.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        var server = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
      client.setTcpNoDelay(true);
      Thread.ofVirtual().start(() -> ask(client, server));
      answer(client, server.getInputStream());
    } catch (IOException e) {
      LOG.log(Level.TRACE, "one of the two left", e); // which ends the other's connection too
    }
  }

  private static void ask(Socket client, Socket server) {
    try {
      client.getInputStream().transferTo(server.getOutputStream());
      server.shutdownOutput();
    } catch (IOException e) {
      LOG.log(Level.TRACE, "one of the two left", e); // the answer's side sees it as well
    }
  }

  private void answer(Socket client, InputStream from) throws IOException {
    var buffer = new byte[4096];
    int left = -1;
    for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
      int most = bytesMax;
      if (left < 0 && most < Integer.MAX_VALUE) {
        left = random.nextInt(most);
      }
      if (left >= 0 && left < n) {
        client.getOutputStream().write(buffer, 0, left);
        cuts.incrementAndGet();
        client.setSoLinger(true, 0);
        return;
      }
      left = left < 0 ? left : left - n;
      client.getOutputStream().write(buffer, 0, n);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
