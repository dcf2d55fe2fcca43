// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import org.jspecify.annotations.Nullable;

/**
 * The text around the words of a chunk that has nothing to say but words. Mostly the answer's next
 * chunks are the same text around other words, and then need not be parsed: a comparison tells all
 * that parsing would. Confined to the relay.
 */
final class ChatPattern {
  private String before = ""; // up to the words, their quote included; empty when nothing is known
  private String after = "";
  private String beforeForClient = "";

  /**
   * Learns from a chunk that was parsed.
   *
   * @param wordsFrom where its words begin, behind their quote
   * @param wordsTo where they end, before theirs
   * @param forClient the chunk as the client gets it, the same from its words on
   */
  void learn(String data, int wordsFrom, int wordsTo, String forClient) {
    before = data.substring(0, wordsFrom);
    after = data.substring(wordsTo);
    beforeForClient = forClient.substring(0, forClient.length() - (data.length() - wordsFrom));
  }

  /** {@return the chunk for the client if the data is like what was learned, else null} */
  @Nullable String match(String data) {
    int from = before.length();
    int to = data.length() - after.length();
    if (from == 0
        || from > to
        || !data.startsWith(before)
        || !data.endsWith(after)
        || !isPlain(data, from, to)) {
      return null;
    }
    return beforeForClient.equals(before) ? data : beforeForClient.concat(data.substring(from));
  }

  /** Whether a JSON string may have these characters as they are, its end not among them. */
  private static boolean isPlain(String data, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = data.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }
}
