// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class TcpInfoTest {
  private final TcpInfo info = new TcpInfo();

  @Test
  void knowsNothingOfAnotherTransport() {
    var channel = new EmbeddedChannel();
    assertThat(info.taken(channel)).isEqualTo(TcpInfo.UNKNOWN);
    channel.finishAndReleaseAll();
  }

  @Test
  void knowsNothingOfAClosedSocket() throws Exception {
    Assumptions.assumeTrue(Epoll.isAvailable());
    var channel = new EpollSocketChannel();
    channel.fd().close();
    assertThat(info.taken(channel)).isEqualTo(TcpInfo.UNKNOWN);
  }
}
