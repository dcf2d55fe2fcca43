// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request without a socket, from this machine if not said, whose sender can leave. */
public final class FakeRequest implements Request {
  private final String method;
  private final String path;
  private final List<Parameter> query;
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private Map<String, String> parameters = Map.of();
  private InputStream body = InputStream.nullInputStream();
  private byte @Nullable [] whole = {};
  private InetSocketAddress remote = new InetSocketAddress("127.0.0.1", 40_000);
  private @Nullable Runnable onDisconnect; // guarded by this
  private boolean gone; // guarded by this

  /** A request for a path, which a query may follow. */
  public FakeRequest(String method, String target) {
    int mark = target.indexOf('?');
    this.method = method;
    this.path = mark < 0 ? target : target.substring(0, mark);
    this.query = Parameters.parse(mark < 0 ? "" : target.substring(mark + 1));
  }

  /** Adds a header. */
  public FakeRequest with(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** Gives it a body. */
  public FakeRequest body(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    body = new ByteArrayInputStream(bytes);
    whole = bytes;
    return this;
  }

  /** Gives it a body that is read as it comes. */
  public FakeRequest body(InputStream input) {
    whole = null;
    body = input;
    return this;
  }

  /** Says who sends it. */
  public FakeRequest from(String address) {
    remote = new InetSocketAddress(address, 40_000);
    return this;
  }

  /** Says what a route found in the path. */
  public void matched(Map<String, String> pathParameters) {
    parameters = pathParameters;
  }

  /** The sender goes away. */
  public void leave() {
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
    var value = parameters.get(name);
    if (value == null) {
      throw new IllegalStateException("path parameter: " + name);
    }
    return value;
  }

  @Override
  public @Nullable String query(String name) {
    return query.stream()
        .filter(parameter -> parameter.name().equals(name))
        .map(Parameter::value)
        .findFirst()
        .orElse(null);
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
    return remote;
  }

  @Override
  public byte[] body() throws IOException {
    return body.readAllBytes();
  }

  @Override
  public byte @Nullable [] tryBody(int bytesMax) {
    return whole == null || whole.length > bytesMax ? null : whole;
  }

  @Override
  public InputStream bodyStream() {
    return body;
  }

  @Override
  public void reserve(long bytes) {}

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
