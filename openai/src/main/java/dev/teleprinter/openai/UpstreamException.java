// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An upstream did not give what was asked, before its answer began or in the middle of it.
 * Immutable. The message and code are for the client; neither holds a prompt, an answer or a key,
 * save for the words an upstream chose for its own error, which go to the client only and never
 * into a log.
 */
final class UpstreamException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, and the HTTP status that says so when nothing was sent yet. */
  enum Kind {
    /** No connection, or it broke before the answer began. */
    UNREACHABLE(502, "upstream_unreachable"),
    /** No first event, or no whole reply, in time. */
    TIMEOUT(504, "upstream_timeout"),
    /** The stream ended or broke before the answer did. */
    CUT(502, "upstream_cut"),
    /** Nothing came for longer than allowed between tokens. */
    STALLED(504, "upstream_stalled"),
    /** What came is not what the dialect allows. */
    INVALID(502, "upstream_invalid"),
    /** The server has no memory left for the answer. */
    MEMORY(503, "memory_full"),
    /** The upstream reported an error of its own. */
    REPORTED(502, "upstream_error"),
    /** It has as many answers running as it is allowed. */
    BUSY(429, "upstream_busy"),
    /** Not the upstream at all: the journal refused to keep the answer. */
    JOURNAL(503, "journal_unavailable"),
    /** Not the upstream at all: this server stops. */
    SHUTDOWN(503, "server_stopping"),
    /** A bug of ours. */
    INTERNAL(500, "internal_error");

    final int status;
    final String code;

    Kind(int status, String code) {
      this.status = status;
      this.code = code;
    }
  }

  private static final int MESSAGE_CHARS_MAX = 4000;
  private static final int CODE_CHARS_MAX = 100;

  private final Kind kind;
  private final int status;
  private final String type;
  private final String code;

  UpstreamException(Kind kind, String message) {
    this(kind, kind.status, "server_error", kind.code, message);
  }

  private UpstreamException(Kind kind, int status, String type, String code, String message) {
    super(message, null, false, false);
    this.kind = kind;
    this.status = status;
    this.type = type;
    this.code = code;
  }

  /**
   * What an upstream reported in its stream, in any of the forms found in practice: an object or a
   * string under {@code error}, or a flat {@code message}.
   */
  static UpstreamException reported(ObjectNode event) {
    var error = event.get("error") instanceof ObjectNode nested ? nested : event;
    var flat = Json.text(event, "error");
    var message = flat != null ? flat : Json.text(error, "message", "The upstream failed.");
    var type = Json.text(error, "type", "server_error");
    var codeNode = error.get("code");
    var code =
        codeNode != null && codeNode.isValueNode() && !codeNode.isNull()
            ? codeNode.asString()
            : Kind.REPORTED.code;
    if (type.equals("error")) {
      type = "server_error"; // the flat event's own type, not the error's
    }
    return new UpstreamException(
        Kind.REPORTED,
        statusOf(type, code, codeNode),
        shortened(type, CODE_CHARS_MAX),
        shortened(code, CODE_CHARS_MAX),
        shortened(message, MESSAGE_CHARS_MAX));
  }

  private static String shortened(String text, int charsMax) {
    return text.length() <= charsMax ? text : text.substring(0, charsMax) + "…";
  }

  /** {@return the same without the key in any of its texts} */
  UpstreamException masked(KeyMask mask) {
    return kind == Kind.REPORTED
        ? new UpstreamException(
            kind, status, mask.mask(type), mask.mask(code), mask.mask(message()))
        : this;
  }

  private static int statusOf(String type, String code, @Nullable JsonNode codeNode) {
    if (codeNode != null && codeNode.isInt() && codeNode.intValue() >= 400) {
      return Math.min(codeNode.intValue(), 599);
    }
    if (code.startsWith("rate_limit") || type.startsWith("rate_limit")) {
      return 429;
    }
    return type.equals("too_many_requests")
        ? 429
        : type.startsWith("invalid_request") ? 400 : Kind.REPORTED.status;
  }

  Kind kind() {
    return kind;
  }

  /** {@return whether another try, here or at another upstream, may go better} */
  boolean isTransient() {
    boolean ours = kind == Kind.INTERNAL || kind == Kind.JOURNAL || kind == Kind.MEMORY;
    return !ours && (status >= 500 || status == 429);
  }

  String type() {
    return type;
  }

  String code() {
    return code;
  }

  String message() {
    return String.valueOf(getMessage());
  }

  /** {@return the same as an HTTP error, for a client that was sent nothing yet} */
  ApiException asApiException() {
    var error = new ApiException(status, type, null, code, message());
    return kind == Kind.MEMORY
        ? error.with("Retry-After", "5")
        : status == 429 || status == 503 ? error.with("Retry-After", "1") : error;
  }
}
