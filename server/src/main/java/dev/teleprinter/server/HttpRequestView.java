// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Reservation;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request as a handler sees it, over Netty's head and our body. */
final class HttpRequestView implements Request {
  private final HttpRequest head;
  private final String path;
  private final String rawQuery;
  private final InetSocketAddress remote;
  private final Reservation memory;
  private final RequestBody body;
  private final int bodyBytesMax;

  // Guarded by this.
  private @Nullable Runnable onDisconnect;
  private boolean started;
  private boolean gone;

  // Confined to the handler's thread.
  private Map<String, String> pathParameters = Map.of();
  private @Nullable List<Parameter> query;

  /** A request whose head has come. Its memory is released when it is answered, or never starts. */
  HttpRequestView(
      ServerContext server, HttpRequest head, InetSocketAddress remote, RequestBody.Flow flow) {
    this.head = head;
    this.remote = remote;
    this.memory = server.memory().open(MemoryBudget.Holder.REQUESTS);
    this.body = new RequestBody(flow, memory);
    this.bodyBytesMax = server.config().limits().requestBodyBytesMax();
    var target = Parameters.utf8(head.uri());
    int mark = target.indexOf('?');
    this.path = Parameters.decode(pathOf(mark < 0 ? target : target.substring(0, mark)), false);
    this.rawQuery = mark < 0 ? "" : target.substring(mark + 1);
  }

  /** The path of an origin-form or absolute-form target, RFC 9112 3.2. */
  private static String pathOf(String target) {
    if (target.startsWith("/")) {
      return target;
    }
    int scheme = target.indexOf("://");
    int slash = scheme < 0 ? -1 : target.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : target.substring(slash);
  }

  /** {@return where what arrives of the body goes} */
  RequestBody requestBody() {
    return body;
  }

  void pathParameters(Map<String, String> parameters) {
    pathParameters = parameters;
  }

  @Override
  public String method() {
    var method = head.method().name();
    return method.equals("HEAD") ? "GET" : method;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public String pathParameter(String name) {
    var value = pathParameters.get(name);
    if (value == null) {
      throw new IllegalStateException("path parameter: " + name + " (expected: in the route)");
    }
    return value;
  }

  @Override
  public @Nullable String query(String name) {
    for (var parameter : query()) {
      if (parameter.name().equals(name)) {
        return parameter.value();
      }
    }
    return null;
  }

  @Override
  public List<Parameter> query() {
    var parsed = query;
    if (parsed == null) {
      parsed = Parameters.parse(rawQuery);
      query = parsed;
    }
    return parsed;
  }

  @Override
  public @Nullable String header(String name) {
    return head.headers().get(name);
  }

  @Override
  public InetSocketAddress remote() {
    return remote;
  }

  @Override
  public byte[] body() throws IOException {
    return body.readWhole(bodyBytesMax, HttpUtil.getContentLength(head, -1L));
  }

  @Override
  public byte @Nullable [] tryBody(int bytesMax) {
    return body.tryWhole(Math.min(bytesMax, bodyBytesMax));
  }

  @Override
  public InputStream bodyStream() {
    return body.asStream();
  }

  @Override
  public void reserve(long bytes) {
    if (!memory.tryGrow(bytes)) {
      throw ProblemException.memoryFull();
    }
  }

  @Override
  public synchronized void onDisconnect(Runnable action) {
    onDisconnect = action;
    maybeTell();
  }

  /** A handler is about to be asked: from now on it is answered, whatever happens. */
  synchronized void started() {
    started = true;
  }

  /** The sender left before the answer. Event loop. */
  void disconnected() {
    body.cut();
    synchronized (this) {
      gone = true;
      if (!started) {
        memory.close();
      }
      maybeTell();
    }
  }

  /** The handler has answered: it needs no memory, and nobody is to be called any more. */
  synchronized void answered() {
    memory.close();
    onDisconnect = null;
  }

  private void maybeTell() {
    var action = onDisconnect;
    if (gone && action != null) {
      onDisconnect = null;
      Thread.ofVirtual().name("tp-disconnect").start(action);
    }
  }
}
