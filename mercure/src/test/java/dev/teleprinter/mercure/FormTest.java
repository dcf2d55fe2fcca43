// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request.Parameter;
import java.net.URLEncoder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormTest {
  private static final int MANY = 100;

  @Test
  void readsBackWhatAnEncoderWrites() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      var name = text(random);
      var value = text(random);
      var encoded = URLEncoder.encode(name, UTF_8) + "=" + URLEncoder.encode(value, UTF_8);
      assertThat(Form.fields(("a=b&" + encoded + "&c").getBytes(UTF_8), MANY, MANY))
          .as("seed %d", seed)
          .containsExactly(
              new Parameter("a", "b"), new Parameter(name, value), new Parameter("c", ""));
    }
  }

  private static String text(Random random) {
    return random
        .ints(1 + random.nextInt(8), 0, 0x1_0400)
        .filter(c -> c < 0xD800 || c > 0xDFFF)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .append('x')
        .toString();
  }

  @Test
  void skipsEmptyPiecesAndTakesANameAloneForAnEmptyValue() {
    assertThat(fields("&&a&b=&=c&"))
        .containsExactly(new Parameter("a", ""), new Parameter("b", ""), new Parameter("", "c"));
  }

  @Test
  void keepsFurtherEqualSignsInTheValue() {
    assertThat(fields("data=a=b==")).containsExactly(new Parameter("data", "a=b=="));
  }

  @Test
  void takesRawUtf8AsCurlSendsIt() {
    assertThat(fields("data=你好 👍")).containsExactly(new Parameter("data", "你好 👍"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=%", "a=%4", "a=%4g", "a=%zz", "a=%4&b=1", "%=1", "a=100%", "a=%FF"})
  void refusesABrokenEncodingInsteadOfRepairingIt(String body) {
    assertThat(problem(body.getBytes(UTF_8)).code()).isEqualTo("invalid_form");
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    assertThat(problem("data=é".getBytes(ISO_8859_1)).status()).isEqualTo(400);
  }

  @Test
  void refusesMoreFieldsThanAllowed() {
    var problem =
        catchThrowableOfType(
            ProblemException.class, () -> Form.fields("a=1&b=2&c=3".getBytes(UTF_8), 2, MANY));
    assertThat(problem.status()).isEqualTo(413);
  }

  @Test
  void refusesAFieldThatIsTooLongHoweverItIsDecoded() {
    int most = 3 * MANY;
    assertThat(fields("a=" + "%41".repeat(MANY - 1))).hasSize(1);
    for (var body : List.of("a=" + "x".repeat(most + 3), "x".repeat(most + 3) + "=a")) {
      assertThat(problem(body.getBytes(UTF_8)).code()).isEqualTo("event_too_large");
    }
  }

  @Test
  void readsAnyNumberOfEmptyPiecesWithoutAnObjectForEach() {
    assertThat(fields("&".repeat(1 << 20) + "a=b")).containsExactly(new Parameter("a", "b"));
  }

  private static List<Parameter> fields(String body) {
    return Form.fields(body.getBytes(UTF_8), MANY, MANY);
  }

  private static ProblemException problem(byte[] body) {
    return catchThrowableOfType(ProblemException.class, () -> Form.fields(body, MANY, MANY));
  }
}
