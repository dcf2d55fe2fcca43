// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.journal.EventIds;
import dev.teleprinter.server.ProblemException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which topics, event ids and types the hub takes (Mercure 4.1 and 5). Immutable. */
final class Names {
  // RFC 3986 appendix B: it fits any text. Groups: scheme, authority, path.
  private static final Pattern REFERENCE =
      Pattern.compile("(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\\?[^#]*)?(?:#.*)?");
  private static final Pattern PERCENT_UNRESERVED =
      Pattern.compile("%(2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])");
  // Only the server says these: a gap, a refused connection, a failed answer. An EventSource calls
  // its own events open and error, and Mercure keeps its name for itself.
  private static final Set<String> RESERVED_TYPES =
      Set.of("gap", "busy", "error", "open", "mercure");
  private static final String HUB_FOLDER = MercureHub.PATH.substring(0, 13);
  private static final String HUB_NAME = MercureHub.PATH.substring(13);

  private final int bytesMax;
  private final List<String> readOnlyPrefixes;
  private final String epoch;

  Names(MercureConfig config, String epoch) {
    this.bytesMax = config.nameBytesMax();
    this.readOnlyPrefixes = config.readOnlyPrefixes();
    this.epoch = epoch;
  }

  /** {@return the topic of a matcher, or throws 400} */
  String matched(String parameter, String topic) {
    requireText("invalid_topic", parameter, topic);
    if (topic.isEmpty()) {
      throw refused("invalid_topic", parameter + ": empty (expected: a topic)");
    }
    return topic;
  }

  /** {@return a topic that may be published to, or throws 400 or 403} */
  String published(String topic) {
    matched("topic", topic);
    if (topic.equals("*")) {
      throw refused("invalid_topic", "topic: * (expected: one topic's name)");
    }
    if (isReserved(topic)) {
      throw refused(
          "reserved_topic",
          "topic: " + topic + " (expected: none that is the hub's address or below it)");
    }
    for (var prefix : readOnlyPrefixes) {
      if (topic.startsWith(prefix)) {
        throw new ProblemException(
            403,
            "read_only_topic",
            "topic: " + topic + " (expected: one that this server leaves free)");
      }
    }
    return topic;
  }

  /**
   * {@return a publisher's own event id, or throws 400}
   *
   * <p>Beyond the specification, ids in the form of this journal's own are refused: as a cursor
   * they would be misread.
   */
  String id(String id) {
    var problem = problemOfId(id);
    if (problem != null) {
      throw refused("invalid_id", problem);
    }
    return id;
  }

  boolean isId(String id) {
    return problemOfId(id) == null;
  }

  private @Nullable String problemOfId(String id) {
    if (id.isEmpty() || id.startsWith("#") || id.equals("earliest")) {
      return "id: " + id + " (expected: text that is not earliest and does not begin with #)";
    }
    if (EventIds.sequence(epoch, id) >= 0) {
      return "id: " + id + " (expected: none in the form of this hub's own)";
    }
    return problemOfText("id", id);
  }

  /** {@return an event type, or throws 400} */
  String type(String type) {
    requireText("invalid_type", "type", type);
    if (RESERVED_TYPES.contains(type)) {
      throw refused(
          "reserved_type", "type: " + type + " (expected: another, only the server says this one)");
    }
    return type;
  }

  private void requireText(String code, String field, String value) {
    var problem = problemOfText(field, value);
    if (problem != null) {
      throw refused(code, problem);
    }
  }

  private @Nullable String problemOfText(String field, String value) {
    if (value.length() > bytesMax / 3) { // else it cannot have more bytes
      int bytes = value.getBytes(UTF_8).length;
      if (bytes > bytesMax) {
        return "%s: %d bytes (expected: <= %d)".formatted(field, bytes, bytesMax);
      }
    }
    for (int i = 0; i < value.length(); i += Character.charCount(value.codePointAt(i))) {
      int c = value.codePointAt(i);
      int category = Character.getType(c);
      if (category == Character.CONTROL || category == Character.FORMAT) {
        return "%s: has U+%04X at %d (expected: no control or format characters)"
            .formatted(field, c, i);
      }
    }
    return null;
  }

  private static ProblemException refused(String code, String detail) {
    return new ProblemException(400, code, detail);
  }

  /**
   * Whether the topic, read as a URL reference at the hub's address, has the hub's path or one
   * below it, whatever its scheme and authority (Mercure 5, the reserved namespace). Backslashes
   * count as slashes, as they do in http URLs: rather one topic too many refused.
   */
  static boolean isReserved(String topic) {
    var reference = topic.strip();
    if (!mayBeReserved(reference)) {
      return false;
    }
    var parts = REFERENCE.matcher(reference.replace('\\', '/'));
    if (!parts.matches()) {
      return false;
    }
    var path = decodeUnreserved(parts.group(3));
    if (parts.group(1) == null && parts.group(2) == null && !path.startsWith("/")) {
      path = path.isEmpty() ? MercureHub.PATH : HUB_FOLDER + path;
    }
    path = withoutDotSegments(path);
    return path.equals(MercureHub.PATH) || path.startsWith(MercureHub.PATH + "/");
  }

  /** What nearly every topic fails: it names the hub, could in another spelling, or has no path. */
  private static boolean mayBeReserved(String reference) {
    return reference.contains(HUB_NAME)
        || reference.indexOf('%') >= 0
        || reference.isEmpty()
        || reference.startsWith("?")
        || reference.startsWith("#");
  }

  private static String decodeUnreserved(String path) {
    return PERCENT_UNRESERVED
        .matcher(path)
        .replaceAll(m -> Character.toString(Integer.parseInt(m.group(1), 16)));
  }

  /** RFC 3986 5.2.4. */
  private static String withoutDotSegments(String path) {
    if (!path.startsWith("/")) {
      return path;
    }
    var kept = new ArrayDeque<String>();
    var segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (segments[i].equals("..")) {
        kept.pollLast();
      }
      if (!segments[i].equals(".") && !segments[i].equals("..")) {
        kept.add(segments[i]);
      } else if (last) {
        kept.add("");
      }
    }
    return "/" + String.join("/", kept);
  }
}
