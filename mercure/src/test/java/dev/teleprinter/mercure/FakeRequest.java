// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.server.Parameters;
import dev.teleprinter.server.Request;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request from this machine, without a socket. */
final class FakeRequest implements Request {
  private final String method;
  private final String query;
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private InputStream body = InputStream.nullInputStream();
  private InetSocketAddress remote = new InetSocketAddress("127.0.0.1", 40_000);

  private FakeRequest(String method, String query) {
    this.method = method;
    this.query = query;
    headers.put("Host", "localhost:8080");
  }

  static FakeRequest get(String query) {
    return new FakeRequest("GET", query);
  }

  static FakeRequest form(String body) {
    return new FakeRequest("POST", "")
        .with("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
  }

  static FakeRequest events(String query, String body) {
    return new FakeRequest("POST", query).with("Content-Type", "text/event-stream").body(body);
  }

  FakeRequest with(String name, String value) {
    headers.put(name, value);
    return this;
  }

  FakeRequest body(String text) {
    return body(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  FakeRequest body(InputStream input) {
    body = input;
    return this;
  }

  FakeRequest from(String address) {
    remote = new InetSocketAddress(address, 40_000);
    return this;
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String path() {
    return MercureHub.PATH;
  }

  @Override
  public String pathParameter(String name) {
    throw new IllegalStateException("path parameter: " + name);
  }

  @Override
  public @Nullable String query(String name) {
    return query().stream()
        .filter(p -> p.name().equals(name))
        .map(Parameter::value)
        .findFirst()
        .orElse(null);
  }

  @Override
  public List<Parameter> query() {
    return Parameters.parse(query);
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
  public InputStream bodyStream() {
    return body;
  }

  @Override
  public void onDisconnect(Runnable action) {}
}
