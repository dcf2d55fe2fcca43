// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;

/** What a running server must be told to subscribe and to publish. Immutable. */
public interface Hub {
  /** {@return the port on 127.0.0.1 it listens on} */
  int port();

  /** {@return how its readers speak to it} */
  default Transport transport() {
    return Transport.HTTP1;
  }

  /** {@return a request that reads these topics from now on} */
  Ask subscribe(List<String> topics);

  /** {@return a request that publishes this data, which needs no escape of any kind} */
  Ask publish(String topic, String data);
}
