// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Ask;
import dev.teleprinter.bench.load.Hub;
import dev.teleprinter.bench.load.Transport;
import java.util.List;

/**
 * The Mercure protocol. Immutable.
 *
 * @param token to publish with; empty for none
 */
record MercureShaped(int port, Transport transport, String token) implements Hub {
  private static final String PATH = "/.well-known/mercure";

  @Override
  public Ask subscribe(List<String> topics) {
    return Ask.get(PATH + "?topic=" + String.join("&topic=", topics));
  }

  @Override
  public Ask publish(String topic, String data) {
    var body = "topic=" + topic + "&data=" + data;
    var ask = Ask.post(PATH, "application/x-www-form-urlencoded", body);
    return token.isEmpty() ? ask : ask.with("authorization", "Bearer " + token);
  }
}
