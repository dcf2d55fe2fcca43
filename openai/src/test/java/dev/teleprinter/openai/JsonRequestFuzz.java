// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.FakeRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/**
 * Any bytes as the JSON of a request: it is read or refused, what was read is written so that it is
 * read again, and a request that is taken can be said to an upstream or is refused by name. A
 * target for a coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class JsonRequestFuzz {
  private static final EarlierAnswers EARLIER =
      new EarlierAnswers(
          1_000, new MemoryBudget(16 << 20), new MemoryJournal(JournalConfig.defaults()));

  private JsonRequestFuzz() {}

  private interface Reading {
    void read();
  }

  /** The bytes are a request's body. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    AskedBody asked;
    try {
      asked =
          AnswerRequest.object(new FakeRequest("POST", "/").body(new ByteArrayInputStream(input)));
    } catch (ApiException e) {
      return; // not JSON
    }
    var body = asked.object();
    var text = Json.write(body);
    var again = Json.parse(text.getBytes(UTF_8));
    if (!text.equals(Json.write(again))) {
      throw new AssertionError("written anew: " + Json.write(again) + " (expected: " + text + ")");
    }
    takeOrRefuse(() -> {
      var request = ChatRequest.of(asked);
      if (request.choices() < 1 || request.choices() > 128 || request.model().isEmpty()) {
        throw new AssertionError("taken: " + request);
      }
    });
    takeOrRefuse(() -> ChatTranslation.request(ResponsesRequest.of(asked, EARLIER)));
    if (!text.equals(Json.write(body))) {
      throw new AssertionError("the body was changed: " + body);
    }
  }

  private static void takeOrRefuse(Reading reading) {
    try {
      reading.read();
    } catch (ApiException e) {
      return; // refused, with what is wrong
    }
  }
}
