// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/**
 * What a Responses event says of itself, found in one pass over its text: the hot path. Confined to
 * the relay; its fields are those of the event read last.
 */
final class ResponsesPeek {
  String type = "";

  /** -1 when it has none. */
  long sequenceNumber;

  /** Whether it carries a whole Response. */
  boolean response;

  /** Whether it has an {@code error} of some substance. */
  boolean error;

  /** Throws {@link tools.jackson.core.JacksonException} when the text is not a JSON object. */
  void read(String data) {
    type = "";
    sequenceNumber = -1;
    response = false;
    error = false;
    try (var parser = Json.parser(data)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new StreamReadException(parser, "not an object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        var value = parser.nextToken();
        switch (name) {
          case "type" -> type = value == JsonToken.VALUE_STRING ? parser.getString() : "";
          case "sequence_number" ->
              sequenceNumber = value == JsonToken.VALUE_NUMBER_INT ? parser.getLongValue() : -1;
          case "response" -> response = value == JsonToken.START_OBJECT;
          case "error" -> error = value != JsonToken.VALUE_NULL;
          default -> {}
        }
        parser.skipChildren();
      }
      if (parser.nextToken() != null) {
        throw new StreamReadException(parser, "more than one value");
      }
    }
  }
}
