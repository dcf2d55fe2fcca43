// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Ask;
import dev.teleprinter.bench.load.Hub;
import dev.teleprinter.bench.load.Transport;
import java.util.List;

/** One path to read topics, with commas between them, and one to publish. Immutable. */
record PathHub(int port, Transport transport) implements Hub {
  PathHub(int port) {
    this(port, Transport.HTTP1);
  }

  @Override
  public Ask subscribe(List<String> topics) {
    return Ask.get("/sub/" + String.join(",", topics));
  }

  @Override
  public Ask publish(String topic, String data) {
    return Ask.post("/pub/" + topic, "text/plain", data);
  }
}
