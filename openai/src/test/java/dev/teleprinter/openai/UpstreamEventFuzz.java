// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.journal.Journal.Recorded;
import dev.teleprinter.sse.Event;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Any text as the events of an upstream's answer, a line each: what is looked up in an event's text
 * is what its tree has, and any events can be put together to an object. A target for a
 * coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class UpstreamEventFuzz {
  private UpstreamEventFuzz() {}

  /** The bytes are lines, each the data of an event. */
  public static void fuzzerTestOneInput(byte[] input) {
    var events = new ArrayList<Recorded>();
    var responses = new ResponsesPeek();
    var chat = new ChatPeek();
    for (var data : new String(input, UTF_8).split("\n")) {
      events.add(new Recorded(events.size() + 1, Event.of(data)));
      var object = Json.tryObject(data);
      requireSame(object, responses, data);
      requireSame(object, chat, data);
    }
    Json.write(ChatAccumulator.of("chatcmpl-1", events));
    Json.write(ResponseAccumulator.of(List.copyOf(events), Json.object()));
  }

  private static void requireSame(ObjectNode object, ResponsesPeek peek, String data) {
    try {
      peek.read(data);
    } catch (JacksonException e) {
      return; // not an object; a tree may be more lenient, of a property that is there twice
    }
    if (object != null
        && !hasTwice(data, "type")
        && !peek.type.equals(Json.text(object, "type", ""))) {
      throw new AssertionError("type: " + peek.type + " (expected: of " + object + ")");
    }
  }

  private static void requireSame(ObjectNode object, ChatPeek peek, String data) {
    try {
      peek.read(data);
    } catch (JacksonException e) {
      return; // not JSON
    }
    boolean inside =
        peek.wordsFrom >= 0 && peek.wordsFrom <= peek.wordsTo && peek.wordsTo <= data.length();
    if (!inside) {
      throw new AssertionError(
          "words: %d to %d of %s".formatted(peek.wordsFrom, peek.wordsTo, data));
    }
    if (object != null && peek.wordsTo > 0 && Json.tryObject(spliced(data, peek)) == null) {
      throw new AssertionError("not JSON with other words: " + spliced(data, peek));
    }
  }

  private static String spliced(String data, ChatPeek peek) {
    return data.substring(0, peek.wordsFrom) + "w" + data.substring(peek.wordsTo);
  }

  private static boolean hasTwice(String data, String name) {
    return data.indexOf(name) != data.lastIndexOf(name) || data.indexOf('\\') >= 0;
  }
}
