// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mercure 5: topics that are the hub's address or below it are reserved (M3). */
class NamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/.well-known/mercure",
        "/.well-known/mercure/",
        "/.well-known/mercure/subscriptions/exact/a/b",
        "/.well-known/mercure?topic=a",
        "/.well-known/mercure#a",
        "https://example.org/.well-known/mercure/subscriptions",
        "urn-x:/.well-known/mercure",
        "//example.org/.well-known/mercure",
        "/a/../.well-known/./mercure",
        "/a/%2e%2E/.well-known/mercure",
        "/.well-known/%6dercure",
        "\\.well-known\\mercure",
        " /.well-known/mercure",
        "mercure",
        "mercure/a",
        "./mercure",
        "?a",
        "#a",
      })
  void reservesTheHubsOwnAddress(String topic) {
    assertThat(Names.isReserved(topic)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chat/7",
        "https://example.org/books/1",
        "/.well-known/mercurex",
        "/.well-known/",
        "/mercure",
        "/.well-known%2Fmercure",
        "/.well-known/mercure/..",
        "urn:.well-known/mercure",
        "a/.well-known/mercure",
        "100%",
        "你好",
        "http://[bad",
      })
  void leavesOtherTopicsToPublishers(String topic) {
    assertThat(Names.isReserved(topic)).isFalse();
  }
}
