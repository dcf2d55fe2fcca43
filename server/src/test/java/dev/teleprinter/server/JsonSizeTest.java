// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonSizeTest {
  private static final int COPIES = 40;

  @Test
  void countsNothingInsideAString() {
    assertThat(JsonSize.ofTree("\"{{{{[[[[,,,,::::\\\"{{\\\\\"".getBytes(UTF_8))).isLessThan(120);
    assertThat(JsonSize.ofTree("{{{{".getBytes(UTF_8))).isGreaterThan(700);
  }

  /** The heap before and after, of many copies: what the tree takes is never above the estimate. */
  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "{\"a\":{}}", "0", "\"x\"", "[0,1]", "{\"a\":1,\"b\":\"c\"}"})
  void isNotLessThanWhatATreeTakes(String value) {
    var text = ("[" + (value + ",").repeat(10_000) + value + "]").getBytes(UTF_8);
    var trees = new JsonNode[COPIES];
    parse(text);
    long before = used();
    for (int i = 0; i < COPIES; i++) {
      trees[i] = parse(text);
    }
    long taken = (used() - before) / COPIES;
    assertThat(trees).doesNotContainNull();
    assertThat(JsonSize.ofTree(text)).isBetween(taken, 12 * taken + 1_000_000);
  }

  private static JsonNode parse(byte[] text) {
    return JsonMapper.shared().readTree(text);
  }

  private static long used() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
