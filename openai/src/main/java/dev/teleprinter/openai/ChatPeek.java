// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.util.BitSet;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What a chat chunk says, found in one pass over its text. The hot path: no tree, and nothing kept
 * of the answer's words. Confined to the relay; its fields are those of the chunk read last.
 */
final class ChatPeek {
  String id = "";

  /** Where in the text the id stands, quotes included; both 0 when there is none. */
  int idFrom;

  int idTo;
  String object = "";
  String model = "";
  long created;

  /** Where in the text the last delta's content stands, within its quotes; both 0 for none. */
  int wordsFrom;

  int wordsTo;

  /** Where {@code obfuscation} stands, the same way. */
  int paddingFrom;

  int paddingTo;

  /** Entries of {@code choices}, -1 when it has none such. */
  int choices;

  /** A top-level {@code error} of some substance, or an object that calls itself one. */
  boolean error;

  /** A top-level {@code "error": null}. */
  boolean errorNull;

  /** A {@code usage} that is not null. */
  boolean usage;

  /** A choice begins here and does not say whose words they are. */
  boolean roleMissing;

  boolean toolIndexMissing;

  /** The last finish_reason, empty when there is none. */
  String finish = "";

  /** Which choices got one in this chunk. */
  final BitSet finished = new BitSet();

  /** Which choices have begun, in this chunk or before. */
  final BitSet begun = new BitSet();

  /** Throws {@link tools.jackson.core.JacksonException} when the text is not JSON. */
  void read(String data) {
    reset();
    try (var parser = Json.parser(data)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        expectEnd(parser);
        return;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        readProperty(parser);
      }
      expectEnd(parser);
    }
    error |= object.equals("error");
  }

  private void reset() {
    id = "";
    idFrom = 0;
    idTo = 0;
    object = "";
    model = "";
    created = 0;
    wordsFrom = 0;
    wordsTo = 0;
    paddingFrom = 0;
    paddingTo = 0;
    choices = -1;
    error = false;
    errorNull = false;
    usage = false;
    roleMissing = false;
    toolIndexMissing = false;
    finish = "";
    finished.clear();
  }

  private static void expectEnd(JsonParser parser) {
    if (parser.nextToken() != null) {
      throw new tools.jackson.core.exc.StreamReadException(parser, "more than one value");
    }
  }

  private void readProperty(JsonParser parser) {
    var name = parser.currentName();
    var value = parser.nextToken();
    switch (name) {
      case "id" -> {
        idFrom = (int) parser.currentTokenLocation().getCharOffset();
        id = text(parser, value);
        idTo = (int) parser.currentLocation().getCharOffset();
      }
      case "object" -> object = text(parser, value);
      case "model" -> model = text(parser, value);
      case "created" -> created = value.isNumeric() ? parser.getValueAsLong() : 0;
      case "error" -> {
        errorNull = value == JsonToken.VALUE_NULL;
        error = !errorNull;
        parser.skipChildren();
      }
      case "usage" -> {
        usage = value != JsonToken.VALUE_NULL;
        parser.skipChildren();
      }
      case "choices" -> readChoices(parser, value);
      case "obfuscation" -> {
        if (value == JsonToken.VALUE_STRING) {
          paddingFrom = from(parser);
          paddingTo = to(parser);
        }
        parser.skipChildren();
      }
      default -> parser.skipChildren();
    }
  }

  private static String text(JsonParser parser, JsonToken value) {
    if (value == JsonToken.VALUE_STRING) {
      return parser.getString();
    }
    parser.skipChildren();
    return "";
  }

  private void readChoices(JsonParser parser, JsonToken value) {
    if (value != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return;
    }
    choices = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      choices++;
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        readChoice(parser);
      } else {
        parser.skipChildren();
      }
    }
  }

  private void readChoice(JsonParser parser) {
    int index = 0;
    boolean role = false;
    boolean finishing = false;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      var value = parser.nextToken();
      switch (name) {
        case "index" -> {
          if (value == JsonToken.VALUE_NUMBER_INT) {
            index = Math.clamp(parser.getLongValue(), 0, 127);
          }
        }
        case "finish_reason" -> {
          var reason = text(parser, value);
          finishing = !reason.isEmpty();
          finish = finishing ? reason : finish;
        }
        case "delta" -> role = readDelta(parser, value);
        default -> parser.skipChildren();
      }
    }
    if (finishing) {
      finished.set(index);
    }
    if (!begun.get(index)) {
      begun.set(index);
      roleMissing |= !role;
    }
  }

  private boolean readDelta(JsonParser parser, JsonToken value) {
    boolean role = false;
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return true; // nothing to add a role to
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      var property = parser.nextToken();
      if (name.equals("role")) {
        role = property == JsonToken.VALUE_STRING;
      } else if (name.equals("tool_calls") && property == JsonToken.START_ARRAY) {
        readToolCalls(parser);
        continue;
      } else if (name.equals("content") && property == JsonToken.VALUE_STRING) {
        wordsFrom = from(parser);
        wordsTo = to(parser);
      }
      parser.skipChildren();
    }
    return role;
  }

  /** {@return where the characters of the string begin that the parser is at} */
  private static int from(JsonParser parser) {
    return (int) parser.currentTokenLocation().getCharOffset() + 1;
  }

  private static int to(JsonParser parser) {
    parser.finishToken();
    return (int) parser.currentLocation().getCharOffset() - 1;
  }

  private void readToolCalls(JsonParser parser) {
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        continue;
      }
      boolean index = false;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean isIndex = parser.currentName().equals("index");
        index |= parser.nextToken() == JsonToken.VALUE_NUMBER_INT && isIndex;
        parser.skipChildren();
      }
      toolIndexMissing |= !index;
    }
  }
}
