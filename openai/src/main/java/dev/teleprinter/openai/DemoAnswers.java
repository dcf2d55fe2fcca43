// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the demo says: one text for each thing people ask first, in English and Chinese, chosen by
 * plain words in the question. Immutable.
 */
final class DemoAnswers {
  /** A text's name and the words that call for it, in order of precedence. */
  private record Subject(String name, List<String> words) {}

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject(
              "resume",
              List.of(
                  "resum",
                  "reload",
                  "reconnect",
                  "refresh",
                  "lost",
                  "lose",
                  "last-event-id",
                  "eventsource",
                  "drop",
                  "断",
                  "恢复",
                  "续",
                  "重连",
                  "刷新",
                  "丢")),
          new Subject("stop", List.of("stop", "cancel", "abort", "停", "取消")),
          new Subject(
              "use",
              List.of(
                  "php",
                  "python",
                  "curl",
                  "javascript",
                  "node",
                  "java",
                  "sdk",
                  "use",
                  "code",
                  "install",
                  "api",
                  "怎么用",
                  "如何用",
                  "使用",
                  "代码",
                  "调用",
                  "接口")),
          new Subject(
              "what",
              List.of(
                  "what",
                  "who",
                  "why",
                  "how",
                  "explain",
                  "teleprinter",
                  "sse",
                  "什么",
                  "介绍",
                  "谁",
                  "为什么",
                  "原理",
                  "怎么",
                  "如何")),
          new Subject("hello", List.of("hi", "hello", "hey", "你好", "您好", "嗨")));

  /** A word of apology in scripts the demo sees but has no texts in. */
  private static final Map<Character.UnicodeScript, String> SORRY =
      Map.of(
          Character.UnicodeScript.HIRAGANA,
          "（デモは日本語をまだ話せないので、英語で失礼します。）\n\n",
          Character.UnicodeScript.KATAKANA,
          "（デモは日本語をまだ話せないので、英語で失礼します。）\n\n",
          Character.UnicodeScript.HANGUL,
          "(데모는 아직 한국어를 못해서 영어로 답합니다.)\n\n",
          Character.UnicodeScript.CYRILLIC,
          "(Демо пока не говорит на этом языке, поэтому отвечает по-английски.)\n\n",
          Character.UnicodeScript.ARABIC,
          "(النسخة التجريبية لا تتكلم العربية بعد، لذا تجيب بالإنجليزية.)\n\n");

  private static final Map<String, String> TEXTS = load();

  private DemoAnswers() {}

  private static Map<String, String> load() {
    var texts = new HashMap<String, String>();
    for (var language : List.of("en", "zh")) {
      for (var subject : List.of("hello", "what", "resume", "stop", "use", "other")) {
        var name = language + "/" + subject + ".md";
        try (var in = DemoAnswers.class.getResourceAsStream("demo/" + name)) {
          if (in == null) {
            throw new IllegalStateException("resource: demo/" + name + " (expected: packaged)");
          }
          texts.put(name, new String(in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return Map.copyOf(texts);
  }

  static String to(String question) {
    var lower = question.toLowerCase(Locale.ROOT);
    var script = script(question);
    var language = script == Character.UnicodeScript.HAN ? "zh" : "en";
    var answer = TEXTS.get(language + "/" + subject(lower) + ".md");
    return SORRY.getOrDefault(script, "") + answer;
  }

  private static String subject(String question) {
    for (var subject : SUBJECTS) {
      for (var word : subject.words) {
        if (mentions(question, word)) {
          return subject.name;
        }
      }
    }
    return "other";
  }

  /** A word at the beginning of one, so that "hi" is not found in "this"; in Chinese anywhere. */
  private static boolean mentions(String question, String word) {
    boolean han = Character.isIdeographic(word.codePointAt(0));
    int at = question.indexOf(word);
    while (at >= 0) {
      boolean begins = at == 0 || !Character.isLetter(question.charAt(at - 1));
      int end = at + word.length();
      boolean whole =
          word.length() > 3
              || end == question.length()
              || !Character.isLetter(question.charAt(end));
      if (han || (begins && whole)) {
        return true;
      }
      at = question.indexOf(word, at + 1);
    }
    return false;
  }

  /**
   * The script that tells the language: kana before Han, Han before Latin, as Japanese mixes them.
   */
  private static Character.UnicodeScript script(String question) {
    var seen =
        question
            .codePoints()
            .filter(Character::isLetter)
            .mapToObj(Character.UnicodeScript::of)
            .distinct()
            .toList();
    for (var script : SORRY.keySet()) {
      if (seen.contains(script)) {
        return script;
      }
    }
    return seen.contains(Character.UnicodeScript.HAN)
        ? Character.UnicodeScript.HAN
        : Character.UnicodeScript.LATIN;
  }
}
