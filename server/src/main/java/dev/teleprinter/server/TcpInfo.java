// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel knows of a connection. Confined to a loop.
 *
 * <p>What a peer does not take stays in the kernel's buffers at first, which hold megabytes: to who
 * writes, a peer that stopped reading a minute ago is like one that reads. Asking costs about a
 * microsecond.
 */
final class TcpInfo {
  /** The kernel cannot tell: another transport, an old one, a closed socket. */
  static final long UNKNOWN = -2;

  private static final int TCP = 6; // IPPROTO_TCP
  private static final int INFO = 11; // TCP_INFO

  private static final int CLOSED = 7; // TCP_CLOSE

  // Places in struct tcp_info of linux/tcp.h. What an older kernel does not know stays zero.
  private static final int STATE = 0;
  private static final int SEGMENTS_UNACKNOWLEDGED = 24;
  private static final int BYTES_ACKNOWLEDGED = 120;
  private static final int BYTES_UNSENT = 144;
  private static final int INFO_BYTES = 148;

  private final ByteBuffer info =
      ByteBuffer.allocateDirect(INFO_BYTES).order(ByteOrder.nativeOrder());

  /**
   * {@return how many bytes the peer has acknowledged since it connected, {@link
   * Uptake#NOTHING_WAITS} when that is all of them, or {@link #UNKNOWN}}
   */
  long taken(Channel channel) {
    boolean asked =
        channel instanceof EpollSocketChannel epoll
            && epoll.fd() instanceof Socket socket
            && ask(socket);
    long acknowledged = info.getLong(BYTES_ACKNOWLEDGED); // the connection's start is one
    if (!asked || acknowledged == 0) {
      return UNKNOWN;
    }
    boolean waits = info.getInt(SEGMENTS_UNACKNOWLEDGED) != 0 || info.getInt(BYTES_UNSENT) != 0;
    return waits ? acknowledged : Uptake.NOTHING_WAITS;
  }

  /** {@return whether the connection was reset, as far as is known} */
  boolean isReset(Channel channel) {
    return channel instanceof EpollSocketChannel epoll
        && epoll.fd() instanceof Socket socket
        && ask(socket)
        && info.get(STATE) == CLOSED;
  }

  private boolean ask(Socket socket) {
    if (!socket.isOpen()) {
      return false; // the number of its descriptor may belong to another one by now
    }
    info.clear();
    try {
      socket.getRawOpt(TCP, INFO, info);
      return true;
    } catch (IOException e) {
      return false; // what has failed is closed by an event
    }
  }
}
