// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Cuts text as models' tokens fall: short words with the space before them. Stateless. */
final class DemoTokens {
  private static final Pattern CLUSTER = Pattern.compile("\\X");
  private static final int LETTERS_MAX = 6;

  private DemoTokens() {}

  /**
   * {@return the pieces, which joined are the text; no piece ends inside a character people see}
   */
  static List<String> of(String text) {
    var tokens = new ArrayList<String>();
    var token = new StringBuilder();
    int letters = 0;
    var clusters = CLUSTER.matcher(text);
    while (clusters.find()) {
      var cluster = clusters.group();
      boolean letter = isLetter(cluster);
      boolean joins =
          token.toString().equals(" ") || (letter && letters > 0 && letters < LETTERS_MAX);
      if (!joins && !token.isEmpty()) {
        tokens.add(token.toString());
        token.setLength(0);
        letters = 0;
      }
      token.append(cluster);
      letters = letter ? letters + 1 : 0;
    }
    if (!token.isEmpty()) {
      tokens.add(token.toString());
    }
    return tokens;
  }

  /** A letter or digit of a script that writes words with spaces between. */
  private static boolean isLetter(String cluster) {
    int c = cluster.codePointAt(0);
    return Character.isLetterOrDigit(c) && !Character.isIdeographic(c);
  }
}
