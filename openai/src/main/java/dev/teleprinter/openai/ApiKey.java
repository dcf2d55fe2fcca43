// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

/**
 * An upstream's key. Immutable. It shows itself to nobody: {@link #toString} is redacted, and only
 * this package reads the secret, to send it to its own upstream.
 */
public final class ApiKey {
  private final String secret;

  private ApiKey(String secret) {
    this.secret = secret;
  }

  /**
   * {@return the key}
   *
   * @throws IllegalArgumentException if it is blank or could not stand in a header; the message
   *     does not repeat it
   */
  public static ApiKey of(String secret) {
    var trimmed = secret.strip();
    if (trimmed.isEmpty() || trimmed.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new IllegalArgumentException("key: unusable (expected: visible ASCII characters)");
    }
    return new ApiKey(trimmed);
  }

  /** {@return the secret itself, for {@link KeyMask} alone} */
  String secret() {
    return secret;
  }

  String bearer() {
    return "Bearer " + secret;
  }

  @Override
  public String toString() {
    return "ApiKey[redacted]";
  }
}
