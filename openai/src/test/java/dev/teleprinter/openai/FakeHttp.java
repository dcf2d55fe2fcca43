// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.Request;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request whose sender can leave. */
final class FakeHttp implements Request {
  private final String method;
  private final String path;
  private final byte[] body;
  private final List<Parameter> query = new ArrayList<>();
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private Map<String, String> parameters = Map.of();
  private @Nullable Runnable onDisconnect; // guarded by this
  private boolean gone; // guarded by this

  FakeHttp(String method, String target, String body) {
    int mark = target.indexOf('?');
    this.method = method;
    this.path = mark < 0 ? target : target.substring(0, mark);
    this.body = body.getBytes(StandardCharsets.UTF_8);
    if (mark >= 0) {
      for (var pair : target.substring(mark + 1).split("&")) {
        int equals = pair.indexOf('=');
        query.add(
            new Parameter(
                pair.substring(0, equals),
                URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8)));
      }
    }
  }

  FakeHttp with(String name, String value) {
    headers.put(name, value);
    return this;
  }

  void matched(Map<String, String> pathParameters) {
    parameters = pathParameters;
  }

  /** The sender goes away. */
  void leave() {
    Runnable action;
    synchronized (this) {
      gone = true;
      action = onDisconnect;
    }
    if (action != null) {
      action.run();
    }
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public String pathParameter(String name) {
    return parameters.get(name);
  }

  @Override
  public @Nullable String query(String name) {
    for (var parameter : query) {
      if (parameter.name().equals(name)) {
        return parameter.value();
      }
    }
    return null;
  }

  @Override
  public List<Parameter> query() {
    return query;
  }

  @Override
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  @Override
  public InetSocketAddress remote() {
    return new InetSocketAddress("127.0.0.1", 40_000);
  }

  @Override
  public byte[] body() {
    return body;
  }

  @Override
  public InputStream bodyStream() {
    return new ByteArrayInputStream(body);
  }

  @Override
  public void onDisconnect(Runnable action) {
    boolean late;
    synchronized (this) {
      onDisconnect = action;
      late = gone;
    }
    if (late) {
      action.run();
    }
  }
}
