// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.sse.Event;

/** What one event carries in the codec benchmarks. */
public enum Payload {
  /** One token of an answer, about 100 bytes. */
  DELTA_100B(
      "{\"type\":\"response.output_text.delta\",\"sequence_number\":42,\"item_id\":\"msg_1\","
          + "\"delta\":\" words\"}"),
  /** A line of JSON. */
  JSON_1KIB(
      "{\"choices\":[" + "{\"index\":0,\"delta\":{\"content\":\" Hello\"}},".repeat(23) + "{}]}"),
  /** A line of Chinese JSON: three bytes to most characters. */
  CHINESE_1KIB("{\"delta\":\"" + "你好，电传打字机逐字打印。".repeat(26) + "\"}"),
  /** Lines of source code. */
  LINES_16KIB(
      "  for (Event event : events) {\n    out.write(EventEncoder.encode(event));\n  }\n\n"
          .repeat(215));

  final Event event;

  Payload(String data) {
    event = new Event("k3mq7-1048576", Event.MESSAGE, data, null);
  }
}
