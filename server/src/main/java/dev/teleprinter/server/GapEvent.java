// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventEncoder;
import org.jspecify.annotations.Nullable;

/**
 * The event that tells a reader in the stream that events it asked for are gone: {@code event:
 * gap}, data {@code {"requested":…,"earliest":…,"latest":…}}. Stateless.
 */
public final class GapEvent {
  private GapEvent() {}

  /**
   * The encoded block.
   *
   * @param id the cursor a reader has after it: a reconnect with it does not meet the same gap
   * @param requested the event id the reader asked for
   * @param earliest the first event kept after it, null when none is
   * @param latest the newest event of the hub, null when there is none
   */
  public static byte[] block(
      String id, String requested, @Nullable String earliest, @Nullable String latest) {
    var data =
        "{\"requested\":%s,\"earliest\":%s,\"latest\":%s}"
            .formatted(json(requested), json(earliest), json(latest));
    return EventEncoder.encode(new Event(id, "gap", data, null));
  }

  private static String json(@Nullable String text) {
    if (text == null) {
      return "null";
    }
    var json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || c == 0x7f) {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }
}
