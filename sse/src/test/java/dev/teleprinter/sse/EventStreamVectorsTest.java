// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The vectors that the browser's decoder reads too, each cut in every way. */
final class EventStreamVectorsTest {
  record Vector(
      String name, List<byte[]> chunks, List<VectorEvent> events, String lastId, Long retry) {
    @Override
    public String toString() {
      return name;
    }
  }

  record VectorEvent(String type, String data, String lastId) {}

  static List<Vector> vectors() throws IOException {
    try (var file =
        EventStreamVectorsTest.class.getResourceAsStream("/vectors/event-stream.json")) {
      return List.of(JsonMapper.shared().readValue(file, Vector[].class));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void readsVector(Vector vector) {
    var body = new ByteArrayOutputStream();
    vector.chunks().forEach(body::writeBytes);
    byte[] whole = body.toByteArray();

    requireRead(vector, "as given", vector.chunks());
    requireRead(vector, "whole", List.of(whole));
    requireRead(vector, "byte by byte", Cuts.byteByByte(whole));
    for (int at = 0; at <= whole.length; at++) {
      requireRead(vector, "cut at " + at, Cuts.inTwo(whole, at));
    }
    assertThat(NaiveDecoder.decode(whole)).as("naively").isEqualTo(Decoded.of(whole));
  }

  private static void requireRead(Vector vector, String how, List<byte[]> pieces) {
    Decoded decoded = Decoded.of(pieces);
    var events =
        decoded.events().stream()
            .map(e -> new VectorEvent(e.event().type(), e.event().data(), e.lastId()))
            .toList();
    assertThat(events).as(how).isEqualTo(vector.events());
    assertThat(decoded.lastId()).as(how).isEqualTo(vector.lastId());
    assertThat(decoded.retry()).as(how).isEqualTo(vector.retry());
  }
}
