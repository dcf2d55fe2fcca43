// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

/** One of the two APIs an answer can be asked through. Immutable. */
enum Dialect {
  /** Chat Completions. */
  CHAT("/chat/completions", "chatcmpl-"),
  /** Responses. */
  RESPONSES("/responses", "resp_");

  private final String path;
  private final String idPrefix;

  Dialect(String path, String idPrefix) {
    this.path = path;
    this.idPrefix = idPrefix;
  }

  /** {@return its path below the base URL} */
  String path() {
    return path;
  }

  /** {@return how its answers' ids begin} */
  String idPrefix() {
    return idPrefix;
  }

  /** {@return whether an answer of this dialect can be a topic of this name} */
  boolean isWellFormed(String id) {
    int length = id.length() - idPrefix.length();
    if (!id.startsWith(idPrefix) || length < 8 || length > 120) {
      return false;
    }
    for (int i = idPrefix.length(); i < id.length(); i++) {
      char c = id.charAt(i);
      boolean fits =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-';
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
