// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What a running server must be told to subscribe and to publish. Immutable. */
interface Hub {
  /** {@return the port on 127.0.0.1 it listens on} */
  int port();

  /** {@return a whole request that reads a topic from now on} */
  String subscribe(String topic);

  /** {@return a whole request that publishes this data, which needs no escape of any kind} */
  String publish(String topic, String data);

  /** {@return a request without a body} */
  default String get(String target, String... headers) {
    return "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n".formatted(target, port())
        + "Accept: text/event-stream\r\n"
        + lines(headers)
        + "\r\n";
  }

  /** {@return a request with a body} */
  default String post(String target, String contentType, String body, String... headers) {
    return "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            .formatted(target, port(), contentType, body.getBytes(UTF_8).length)
        + lines(headers)
        + "\r\n"
        + body;
  }

  private static String lines(String... headers) {
    return headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
  }
}
