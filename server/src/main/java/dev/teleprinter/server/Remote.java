// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/** The other end of a channel, as people read it. Stateless. */
final class Remote {
  private Remote() {}

  static String text(Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress address)) {
      return "gone";
    }
    var host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
