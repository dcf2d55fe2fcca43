// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Random;

/**
 * One generated publication that something is wrong with, and what must come of it. Immutable.
 *
 * @param what is wrong with it
 * @param request the bytes of the request, one character each
 * @param status it is answered with, 0 when its sender leaves before an answer
 * @param code of the problem; empty for 200
 * @param kept events of it that are published all the same
 */
record MalformedPublication(String what, String request, int status, String code, int kept) {
  static final int EVENT_BYTES_MAX = 5000;

  private static final List<String> BAD_UTF8 =
      List.of("\u00c3(", "\u0080", "\u00c0\u00af", "\u00ed\u00a0\u0080", "\u00f5", "\u00e4\u00bd");
  private static final List<String> BAD_PERCENT =
      List.of("%", "%4", "%zz", "%FF", "%C3(", "%ED%A0%80", "%C0%AF", "%E4%BD");
  private static final List<String> RESERVED = List.of("gap", "busy", "error", "open", "mercure");

  /** A publication to a topic as chance has it. */
  static MalformedPublication next(Random random, String topic) {
    return random.nextBoolean() ? form(random, topic) : stream(random, topic);
  }

  private static MalformedPublication form(Random random, String topic) {
    var good = "topic=" + topic + "&data=" + text(random, 20);
    return switch (random.nextInt(16)) {
      case 0 -> form(good + "&data=" + oneOf(random, BAD_PERCENT), 400, "invalid_form");
      case 1 -> form(oneOf(random, BAD_UTF8) + "=1&" + good, 400, "invalid_form");
      case 2 -> form(good + "&topic=" + text(random, 4097), 400, "invalid_topic");
      case 3 -> form("x&".repeat(1001 + random.nextInt(500)) + good, 413, "too_many_fields");
      case 4 -> form(good + topics(101 + random.nextInt(300)), 413, "too_many_topics");
      case 5 -> form("data=" + text(random, 9), 400, "topic_missing");
      case 6 -> form(good + "&data=2", 400, "repeated_field");
      case 7 ->
          form(good + "&retry=" + oneOf(random, List.of("-1", "1e3", "x")), 400, "invalid_retry");
      case 8 -> form(good + "&close=maybe", 400, "invalid_close");
      case 9 -> form(good + "&type=" + oneOf(random, RESERVED), 400, "reserved_type");
      case 10 ->
          form(
              good + "&id=" + oneOf(random, List.of("%23x", "%00", "earliest")), 400, "invalid_id");
      case 11 -> form(good + "&type=a%0Ab", 400, "invalid_type");
      case 12 -> form(good + text(random, EVENT_BYTES_MAX), 413, "event_too_large");
      case 13 -> form(good + text(random, 4 * EVENT_BYTES_MAX), 413, "event_too_large");
      case 14 -> {
        var type = oneOf(random, List.of("application/json", "text/plain", "multipart/form-data"));
        yield new MalformedPublication(
            type, request("", type, good, good.length()), 415, "unsupported_media_type", 0);
      }
      default -> { // fewer bytes than were said, then the sender leaves
        int cut = random.nextInt(good.length());
        var request = request("", "application/x-www-form-urlencoded", good.substring(0, cut), 999);
        yield new MalformedPublication("cut form", request, 0, "", 0);
      }
    };
  }

  private static MalformedPublication stream(Random random, String topic) {
    int before = random.nextInt(5);
    var good = ("data: " + utf8(text(random, 9) + " 佛\r\n") + "\r\n").repeat(before);
    var after = "\n\ndata: never\n\n";
    var query = "?topic=" + topic;
    return switch (random.nextInt(8)) {
      case 0 -> {
        var field = oneOf(random, List.of("data: ", ": ", "id: ", "event: ", "", "x"));
        var body = good + field + oneOf(random, BAD_UTF8) + after;
        yield stream(query, body, 400, "invalid_utf8", before);
      }
      case 1 -> stream(query, good + "data: \u00e4\u00bd", 400, "invalid_utf8", before);
      case 2 -> {
        var body = good + "event: " + oneOf(random, RESERVED) + "\ndata: x" + after;
        yield stream(query, body, 400, "reserved_type", before);
      }
      case 3 ->
          stream(query, good + "event: a\u0001b\ndata: x" + after, 400, "invalid_type", before);
      case 4 -> stream(query, good + "data: half\n", 400, "event_cut", before);
      case 5 -> {
        var line = oneOf(random, List.of("data: ", ":", "huge", "id: ")) + text(random, 6000);
        yield stream(query, good + line + after, 413, "event_too_large", before);
      }
      case 6 -> stream("", good + "data: x" + after, 400, "topic_missing", 0);
      default -> {
        int cut = random.nextInt(20);
        var request = request(query, "text/event-stream", good + "data: x".repeat(cut), 9999);
        yield new MalformedPublication("cut stream", request, 0, "", before);
      }
    };
  }

  private static MalformedPublication form(String body, int status, String code) {
    var request = request("", "application/x-www-form-urlencoded", body, body.length());
    return new MalformedPublication("form, " + code, request, status, code, 0);
  }

  private static MalformedPublication stream(
      String query, String body, int status, String code, int kept) {
    var request = request(query, "text/event-stream", body, body.length());
    return new MalformedPublication("stream, " + code, request, status, code, kept);
  }

  private static String request(String query, String type, String body, int length) {
    return """
    POST %s%s HTTP/1.1\r
    Host: localhost\r
    Content-Type: %s\r
    Content-Length: %d\r
    \r
    %s\
    """
        .formatted(MercureHub.PATH, query, type, length, body);
  }

  private static String topics(int count) {
    var topics = new StringBuilder();
    for (int i = 0; i < count; i++) {
      topics.append("&topic=t").append(i);
    }
    return topics.toString();
  }

  private static String text(Random random, int length) {
    return random
        .ints(length, 'a', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String utf8(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  private static String oneOf(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
