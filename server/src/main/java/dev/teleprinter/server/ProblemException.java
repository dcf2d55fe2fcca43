// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request that is answered with an error (RFC 9457). Its code is stable: clients may depend on
 * it.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final transient Map<String, String> headers;

  /**
   * With what the client is told.
   *
   * @param status the HTTP status, 400 to 599
   * @param code stable, {@code snake_case}
   * @param detail a sentence with the facts: {@code name: value (expected: …)}
   */
  public ProblemException(int status, String code, String detail) {
    this(status, code, detail, Map.of());
  }

  /** {@return the refusal of what finds no room in the {@code MemoryBudget}: 503 memory_full} */
  public static ProblemException memoryFull() {
    return new ProblemException(
            503, "memory_full", "memory: used up by others for now (try again later)")
        .with("Retry-After", "5");
  }

  private ProblemException(int status, String code, String detail, Map<String, String> headers) {
    super(detail, null, false, false);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** {@return the same problem with a header, such as {@code Retry-After}} */
  public ProblemException with(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new ProblemException(status, code, detail(), more);
  }

  /** {@return the HTTP status} */
  public int status() {
    return status;
  }

  /** {@return the stable code} */
  public String code() {
    return code;
  }

  /** {@return the sentence for the client} */
  public String detail() {
    return String.valueOf(getMessage());
  }

  /** {@return additional headers} */
  public Map<String, String> headers() {
    return headers;
  }
}
