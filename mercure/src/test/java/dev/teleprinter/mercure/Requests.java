// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.server.FakeRequest;

/** What clients send to the hub. Stateless. */
final class Requests {
  private Requests() {}

  static FakeRequest get(String query) {
    return of("GET", query);
  }

  static FakeRequest form(String body) {
    return of("POST", "").with("Content-Type", "application/x-www-form-urlencoded").body(body);
  }

  static FakeRequest events(String query, String body) {
    return of("POST", query).with("Content-Type", "text/event-stream").body(body);
  }

  private static FakeRequest of(String method, String query) {
    return new FakeRequest(method, MercureHub.PATH + "?" + query).with("Host", "localhost:8080");
  }
}
