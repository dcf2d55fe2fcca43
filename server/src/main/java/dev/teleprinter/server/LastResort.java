// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.lang.System.Logger.Level;

/** What nobody handled ends the connection; only a bug is told. Stateless. */
final class LastResort {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private LastResort() {}

  static void close(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) { // else the peer is gone: nothing to tell anybody
      LOG.log(Level.ERROR, "a connection failed", cause);
    }
    ctx.close();
  }

  /**
   * Closes without another word of TLS or HTTP/2, for which there is no room, and has the kernel
   * forget what waits for the peer: else it would keep megabytes for as long as it hopes.
   */
  static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    channel.unsafe().close(channel.voidPromise());
  }
}
