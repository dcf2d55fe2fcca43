// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.ChannelHandlerContext;
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
}
