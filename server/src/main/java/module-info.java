// SPDX-License-Identifier: Apache-2.0

/** The HTTP server and delivery: the only module that sees Netty. */
@org.jspecify.annotations.NullMarked
module dev.teleprinter.server {
  requires static transitive org.jspecify;
  requires transitive dev.teleprinter.journal;
  requires io.netty.buffer;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.codec;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.handler.proxy;
  requires io.netty.resolver;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires java.logging;
  requires tools.jackson.databind;

  exports dev.teleprinter.server;
}
