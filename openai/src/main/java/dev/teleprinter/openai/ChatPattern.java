// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import org.jspecify.annotations.Nullable;

/**
 * The text around the words of a chunk that has nothing to say but words. Mostly the answer's next
 * chunks are the same text around other words, and then need not be parsed: a comparison tells all
 * that parsing would. What may differ too is the padding that OpenAI puts behind them ({@code
 * obfuscation}). Confined to the relay.
 */
final class ChatPattern {
  private String before = ""; // up to the words, their quote included; empty when nothing is known
  private String between = ""; // from the quote after the words; to the end, if nothing pads it
  private String after = ""; // from the quote after the padding
  private boolean padded;
  private String beforeForClient = "";
  private boolean same; // for the client as for us

  /** Learns from a chunk that was read last, as the client gets it: the same from its words on. */
  void learn(String data, ChatPeek read, String forClient) {
    padded = read.paddingFrom > read.wordsTo;
    before = data.substring(0, read.wordsFrom);
    between = data.substring(read.wordsTo, padded ? read.paddingFrom : data.length());
    after = padded ? data.substring(read.paddingTo) : "";
    beforeForClient = forClient.substring(0, forClient.length() - (data.length() - read.wordsFrom));
    same = beforeForClient.equals(before);
  }

  /** {@return the chunk for the client if the data is like what was learned, else null} */
  @Nullable String match(String data) {
    int from = before.length();
    if (from == 0 || !data.startsWith(before)) {
      return null;
    }
    int end = endOfString(data, from);
    if (end < 0 || !data.startsWith(between, end)) {
      return null;
    }
    end += between.length();
    if (padded) {
      end = endOfString(data, end);
      if (end < 0 || !data.startsWith(after, end)) {
        return null;
      }
      end += after.length();
    }
    if (end != data.length()) {
      return null;
    }
    return same ? data : beforeForClient.concat(data.substring(from));
  }

  /** {@return where the JSON string ends whose characters begin here; -1 if it is none} */
  private static int endOfString(String data, int from) {
    for (int at = from; at < data.length(); at++) {
      char c = data.charAt(at);
      if (c == '"') {
        return at;
      }
      if (c < ' ') {
        return -1;
      }
      if (c == '\\') {
        at = endOfEscape(data, at);
        if (at < 0) {
          return -1;
        }
      }
    }
    return -1;
  }

  /** {@return the place of the last character of the escape that begins here; -1 if it is none} */
  private static int endOfEscape(String data, int backslash) {
    int at = backslash + 1;
    if (at == data.length()) {
      return -1;
    }
    if (data.charAt(at) != 'u') {
      return "\"\\/bfnrt".indexOf(data.charAt(at)) < 0 ? -1 : at;
    }
    int last = at + 4;
    if (last >= data.length()) {
      return -1;
    }
    for (int i = at + 1; i <= last; i++) {
      char c = data.charAt(i);
      if (c > 'f' || Character.digit(c, 16) < 0) {
        return -1;
      }
    }
    return last;
  }
}
