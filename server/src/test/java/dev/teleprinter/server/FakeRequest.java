// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request with a sender, a method and headers. */
final class FakeRequest implements Request {
  private final String method;
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private InetSocketAddress remote = new InetSocketAddress("127.0.0.1", 40_000);

  FakeRequest(String method) {
    this.method = method;
  }

  FakeRequest with(String name, String value) {
    headers.put(name, value);
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
    return "/";
  }

  @Override
  public String pathParameter(String name) {
    throw new IllegalStateException("path parameter: " + name);
  }

  @Override
  public @Nullable String query(String name) {
    return null;
  }

  @Override
  public List<Parameter> query() {
    return List.of();
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
  public byte[] body() {
    return new byte[0];
  }

  @Override
  public InputStream bodyStream() {
    return InputStream.nullInputStream();
  }

  @Override
  public void onDisconnect(Runnable action) {}
}
