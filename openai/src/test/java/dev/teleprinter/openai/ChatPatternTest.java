// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

class ChatPatternTest {
  private static final String PLAIN =
      "{\"id\":\"chatcmpl-1\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
          + "{\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}";
  private static final String PADDED =
      PLAIN.substring(0, PLAIN.length() - 1) + ",\"obfuscation\":\"%s\"}";

  private final ChatPattern pattern = new ChatPattern();

  private void learn(String chunk) {
    var peek = new ChatPeek();
    peek.read(chunk);
    pattern.learn(chunk, peek, chunk.replace("chatcmpl-1", "chatcmpl-ours"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Hello",
        " you",
        "\\n",
        "say \\\"hi\\\"",
        "\\\\",
        "\\ud83d\\uDE00",
        "你好",
        "}]}"
      })
  void passesAnyWords(String words) {
    learn(PLAIN.formatted("first"));
    assertThat(pattern.match(PLAIN.formatted(words)))
        .isEqualTo(PLAIN.formatted(words).replace("chatcmpl-1", "chatcmpl-ours"));
  }

  @Test
  void passesAnyPadding() {
    learn(PADDED.formatted("first", "aB3"));
    for (var padding : new String[] {"", "x", "aB3dE6gH"}) {
      assertThat(pattern.match(PADDED.formatted("more", padding)))
          .isEqualTo(PADDED.formatted("more", padding).replace("chatcmpl-1", "chatcmpl-ours"));
    }
    assertThat(pattern.match(PLAIN.formatted("no padding"))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\x",
        "\\u12",
        "\\u12g4",
        "\\u１234",
        "\t",
        "\u0000",
        "\\",
        "a\"b",
        "\",\"role\":\"x"
      })
  void leavesToTheParserWhatIsNoString(String words) {
    learn(PLAIN.formatted("first"));
    assertThat(pattern.match(PLAIN.formatted(words))).isNull();
    learn(PADDED.formatted("first", "aB3"));
    assertThat(pattern.match(PADDED.formatted(words, "c"))).isNull();
    assertThat(pattern.match(PADDED.formatted("c", words))).isNull();
  }

  @Test
  void matchesNothingBeforeItHasLearned() {
    assertThat(pattern.match(PLAIN.formatted("Hello"))).isNull();
  }

  /** Whatever it lets pass says the same as the parsed chunk, but for the words and the padding. */
  @Test
  void agreesWithTheParserOnChunksThatWereDamaged() {
    var random = new Random(7);
    int passed = 0;
    for (int i = 0; i < 20_000; i++) {
      var form = i % 2 == 0 ? PLAIN.formatted("Hi") : PADDED.formatted("Hi", "pad");
      learn(form);
      var damaged = new StringBuilder(form);
      for (int n = random.nextInt(3); n >= 0; n--) {
        int at = random.nextInt(damaged.length());
        char c = "\"\\{}[]:, abu0\n".charAt(random.nextInt(14));
        switch (random.nextInt(3)) {
          case 0 -> damaged.setCharAt(at, c);
          case 1 -> damaged.insert(at, c);
          default -> damaged.deleteCharAt(at);
        }
      }
      if (pattern.match(damaged.toString()) != null) {
        passed++;
        var read = Json.tryObject(damaged.toString());
        assertThat(read).as("%s", damaged).isNotNull();
        assertThat(withoutWords(read)).isEqualTo(withoutWords(Json.tryObject(form)));
      }
    }
    assertThat(passed).isGreaterThan(100);
  }

  private static ObjectNode withoutWords(ObjectNode chunk) {
    ((ObjectNode) chunk.path("choices").path(0).path("delta")).put("content", "");
    if (chunk.has("obfuscation")) {
      chunk.put("obfuscation", "");
    }
    return chunk;
  }
}
