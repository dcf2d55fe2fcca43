// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.JsonSize;
import dev.teleprinter.server.Request;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a client asks, checked as far as this server depends on it. Immutable. */
sealed interface AnswerRequest permits ChatRequest, ResponsesRequest {
  Dialect dialect();

  /** {@return what came, and what it takes} */
  AskedBody asked();

  String model();

  /** {@return whether the client asked for events} */
  boolean streaming();

  /**
   * What to send to an upstream.
   *
   * @param wire the upstream's dialect
   * @param relayed whether the answer is read as events
   * @throws ApiException when it cannot be said in that dialect
   */
  ObjectNode body(Dialect wire, Upstream upstream, boolean relayed);

  /**
   * Reads a request's body as a JSON object, for which it reserves memory first. Blocks.
   *
   * @throws dev.teleprinter.server.ProblemException 503 when there is no memory for it
   */
  static AskedBody object(Request request) throws IOException {
    var bytes = request.body();
    long treeBytes = JsonSize.ofTree(bytes);
    request.reserve(treeBytes);
    JsonNode node;
    try {
      node = Json.parse(bytes);
    } catch (StreamConstraintsException e) {
      throw ApiException.invalid(
          null,
          "invalid_json",
          "The body has more than %d values, is nested deeper than %d, or has an excessive number."
              .formatted(Json.TOKENS_MAX, Json.DEPTH_MAX));
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw ApiException.invalid(
          null,
          "invalid_json",
          at == null
              ? "The body is not valid JSON."
              : "The body is not valid JSON (line %d, column %d)."
                  .formatted(at.getLineNr(), at.getColumnNr()));
    }
    if (node instanceof ObjectNode object) {
      return new AskedBody(object, treeBytes, bytes.length);
    }
    throw ApiException.invalid(null, "invalid_json", "The body must be a JSON object.");
  }

  /** {@return a property that must be text and not empty} */
  static String requiredText(ObjectNode body, String name) {
    var value = body.get(name);
    if (value == null || value.isNull()) {
      throw missing(name);
    }
    if (!value.isString() || value.stringValue().isEmpty()) {
      throw wrongType(name, "a string that is not empty");
    }
    return value.stringValue();
  }

  /** {@return a property that may be left out or null, else must be true or false} */
  static boolean flag(ObjectNode body, String name, boolean otherwise) {
    var value = body.get(name);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw wrongType(name, "true or false");
    }
    return value.booleanValue();
  }

  /** {@return a property that may be left out or null, else must be an object} */
  static @Nullable ObjectNode optionalObject(ObjectNode body, String name) {
    var value = body.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (value instanceof ObjectNode object) {
      return object;
    }
    throw wrongType(name, "an object");
  }

  static ApiException missing(String name) {
    return ApiException.invalid(
        name, "missing_required_parameter", "Missing required parameter: '" + name + "'.");
  }

  static ApiException wrongType(String name, String expected) {
    return ApiException.invalid(
        name, "invalid_type", "Invalid '" + name + "': expected " + expected + ".");
  }
}
