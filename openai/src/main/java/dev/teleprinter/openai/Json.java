// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.JsonSize;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON in and out, one way for the whole module. Stateless. */
final class Json {
  /** How deep JSON may be nested, from clients and from upstreams. */
  static final int DEPTH_MAX = 500;

  /** How many names, values and brackets a document may have. */
  static final int TOKENS_MAX = 1_000_000;

  private static final int SMALL_CHARS = 16 << 10; // the tree of such a text is not reserved for
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxTokenCount(TOKENS_MAX)
                  .build())
          .build();
  private static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY).enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /**
   * {@return what the text holds} Throws {@link JacksonException} when it is not one JSON value.
   */
  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (NumberFormatException e) { // an exponent that no number has
      throw new StreamReadException(null, "a number beyond all limits", e);
    }
  }

  /**
   * {@return what the bytes hold} Throws {@link JacksonException} when it is not one JSON value.
   */
  static JsonNode parse(byte[] bytes) {
    try {
      return MAPPER.readTree(bytes);
    } catch (NumberFormatException e) {
      throw new StreamReadException(null, "a number beyond all limits", e);
    }
  }

  /** {@return the object the text holds, or null when it holds none} */
  static @Nullable ObjectNode tryObject(String text) {
    try {
      return parse(text) instanceof ObjectNode object ? object : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  /** {@return whether the text's tree is so small that no memory is reserved for it} */
  static boolean isSmall(String text) {
    return text.length() <= SMALL_CHARS;
  }

  /**
   * {@return the object the text holds, or null when it holds none}
   *
   * @param reserve is given the bytes of a tree that is not small, and throws if there is no memory
   */
  static @Nullable ObjectNode tryObject(String text, LongConsumer reserve) {
    if (!isSmall(text)) {
      reserve.accept(JsonSize.ofTree(text.getBytes(StandardCharsets.UTF_8)));
    }
    return tryObject(text);
  }

  /** {@return the object the bytes hold, or null when they hold none} As above. */
  static @Nullable ObjectNode tryObject(byte[] bytes, LongConsumer reserve) {
    reserve.accept(JsonSize.ofTree(bytes));
    return tryObject(bytes);
  }

  /**
   * {@return the bytes of an object with another text in that property, else byte for byte} Where
   * the object has the property more than once, readers take the last one, and so does this.
   */
  static byte[] withText(byte[] object, String name, String text) {
    int from = -1;
    int to = -1;
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), object)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean found = parser.currentName().equals(name);
        parser.nextToken();
        if (found) {
          from = (int) parser.currentTokenLocation().getByteOffset();
          parser.finishToken();
          to = (int) parser.currentLocation().getByteOffset();
        }
        parser.skipChildren();
      }
    }
    if (from < 0 || object[from] != '"') {
      return object;
    }
    var out = new ByteArrayOutputStream(object.length + text.length());
    out.write(object, 0, from);
    out.writeBytes(quote(text).getBytes(StandardCharsets.UTF_8));
    out.write(object, to, object.length - to);
    return out.toByteArray();
  }

  /** {@return whether the bytes are UTF-8 and hold one JSON value} Builds no tree. */
  static boolean isOneValue(byte[] bytes) {
    var strict =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    var text = new InputStreamReader(new ByteArrayInputStream(bytes), strict);
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (JacksonException e) {
      return false;
    }
  }

  private static @Nullable ObjectNode tryObject(byte[] bytes) {
    try {
      return parse(bytes) instanceof ObjectNode object ? object : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  /** {@return a parser over the text, for the hot path} The caller closes it. */
  static JsonParser parser(String text) {
    return FACTORY.createParser(ObjectReadContext.empty(), text);
  }

  static String write(JsonNode node) {
    return escapeLoneSurrogates(MAPPER.writeValueAsString(node));
  }

  static byte[] bytes(JsonNode node) {
    return write(node).getBytes(StandardCharsets.UTF_8);
  }

  /** {@return the text as a JSON string, quotes included} */
  static String quote(String text) {
    var out = new StringBuilder(text.length() + 16).append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, out);
    return escapeLoneSurrogates(out.append('"').toString());
  }

  /** {@return the property when it is a string, else null} */
  static @Nullable String text(JsonNode object, String name) {
    var value = object.get(name);
    return value != null && value.isString() ? value.stringValue() : null;
  }

  /** {@return the property when it is a string, else the other} */
  static String text(JsonNode object, String name, String other) {
    var value = text(object, name);
    return value == null ? other : value;
  }

  /**
   * Half an emoji, as some models cut their tokens, has no UTF-8; escaped, it reaches the reader
   * who joins it to its other half. In JSON text it can only stand inside a string.
   */
  private static String escapeLoneSurrogates(String json) {
    for (int i = 0; i < json.length(); i++) {
      if (isLoneSurrogate(json, i)) {
        return escapeLoneSurrogates(json, i);
      }
      if (Character.isHighSurrogate(json.charAt(i))) {
        i++;
      }
    }
    return json;
  }

  private static String escapeLoneSurrogates(String json, int from) {
    var out = new StringBuilder(json.length() + 12).append(json, 0, from);
    for (int i = from; i < json.length(); i++) {
      char c = json.charAt(i);
      if (isLoneSurrogate(json, i)) {
        out.append("\\u").append(Integer.toHexString(c));
      } else {
        out.append(c);
        if (Character.isHighSurrogate(c)) {
          out.append(json.charAt(++i));
        }
      }
    }
    return out.toString();
  }

  /** Whether a half stands alone at a place that is not the second half of a pair. */
  private static boolean isLoneSurrogate(String json, int at) {
    char c = json.charAt(at);
    if (!Character.isSurrogate(c)) {
      return false;
    }
    return !Character.isHighSurrogate(c)
        || at + 1 == json.length()
        || !Character.isLowSurrogate(json.charAt(at + 1));
  }
}
