// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request answered with an error of the OpenAI shape, {@code
 * {"error":{message,type,param,code}}}. Immutable.
 */
final class ApiException extends RuntimeException {
  static final String INVALID_REQUEST = "invalid_request_error";
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;
  private final transient Map<String, String> headers;

  ApiException(
      int status, String type, @Nullable String param, @Nullable String code, String message) {
    this(status, type, param, code, message, Map.of());
  }

  private ApiException(
      int status,
      String type,
      @Nullable String param,
      @Nullable String code,
      String message,
      Map<String, String> headers) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
    this.headers = headers;
  }

  /** A request that cannot be understood: 400. */
  static ApiException invalid(@Nullable String param, String code, String message) {
    return new ApiException(400, INVALID_REQUEST, param, code, message);
  }

  /** Something that is not there: 404. */
  static ApiException notFound(@Nullable String param, String code, String message) {
    return new ApiException(404, INVALID_REQUEST, param, code, message);
  }

  /** Too much at once: 429, come back in some seconds. */
  static ApiException busy(String code, String message, int retryAfterSeconds) {
    return new ApiException(429, "too_many_requests", null, code, message)
        .with("Retry-After", Integer.toString(retryAfterSeconds));
  }

  ApiException with(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new ApiException(status, type, param, code, String.valueOf(getMessage()), more);
  }

  int status() {
    return status;
  }

  @Nullable String code() {
    return code;
  }

  Response.Reply reply() {
    var error = Json.object();
    error
        .putObject("error")
        .put("message", getMessage())
        .put("type", type)
        .put("param", param)
        .put("code", code);
    var reply = Response.json(status, Json.write(error));
    for (var header : headers.entrySet()) {
      reply = reply.with(header.getKey(), header.getValue());
    }
    return reply;
  }
}
