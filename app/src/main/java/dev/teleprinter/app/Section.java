// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A mapping in the configuration file, read key by key: each value has a type, and a key that
 * nobody asked for is an error. Errors name the file and the path to the key. Confined to one
 * thread.
 */
final class Section {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12}) ?(KiB|MiB|GiB)?");
  private static final Pattern TIME = Pattern.compile("([0-9]{1,9}) ?(ms|s|m|h|d)");

  private final String place;
  private final Map<?, ?> values;
  private final Set<String> known = new LinkedHashSet<>();

  private Section(String place, Map<?, ?> values) {
    this.place = place;
    this.values = values;
  }

  /** {@return the top of a file; nothing at all counts as an empty mapping} */
  static Section of(String file, @Nullable Object yaml) {
    if (yaml == null) {
      return new Section(file + ": ", Map.of());
    }
    if (yaml instanceof Map<?, ?> map) {
      return new Section(file + ": ", map);
    }
    throw new UsageException(file + ": not a mapping (expected: key: value lines)");
  }

  /** {@return the section's keys, each of which counts as asked for} */
  List<String> names() {
    var names = new ArrayList<String>();
    values.keySet().forEach(key -> names.add(String.valueOf(key)));
    known.addAll(names);
    return names;
  }

  boolean has(String key) {
    return value(key) != null;
  }

  @Nullable String text(String key) {
    var value = value(key);
    if (value == null || value instanceof String) {
      return (String) value;
    }
    if (value instanceof Number || value instanceof Boolean) {
      return value.toString();
    }
    throw wrong(key, "text");
  }

  String text(String key, String otherwise) {
    var text = text(key);
    return text == null ? otherwise : text;
  }

  int integer(String key, int otherwise) {
    return switch (value(key)) {
      case null -> otherwise;
      case Integer number when number > 0 -> number;
      default -> throw wrong(key, "a whole number from 1");
    };
  }

  boolean flag(String key, boolean otherwise) {
    return switch (value(key)) {
      case null -> otherwise;
      case Boolean flag -> flag;
      default -> throw wrong(key, "true or false");
    };
  }

  /** {@return bytes: a number, or one with KiB, MiB or GiB} */
  long bytes(String key, long otherwise) {
    var value = value(key);
    if (value == null) {
      return otherwise;
    }
    var match = SIZE.matcher(value.toString());
    if (!match.matches()) {
      throw wrong(key, "a size such as 65536, 64KiB, 16MiB or 1GiB");
    }
    int shift =
        switch (match.group(2)) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          case null, default -> 0;
        };
    long number = Long.parseLong(match.group(1));
    if (number > Long.MAX_VALUE >> shift) {
      throw wrong(key, "a smaller size");
    }
    return number << shift;
  }

  /** {@return bytes that an array can hold} */
  int arrayBytes(String key, int otherwise) {
    long bytes = bytes(key, otherwise);
    if (bytes > 256 << 20) {
      throw wrong(key, "at most 256MiB");
    }
    return (int) bytes;
  }

  /** {@return a time: a number with ms, s, m, h or d} */
  Duration time(String key, Duration otherwise) {
    var value = value(key);
    if (value == null) {
      return otherwise;
    }
    var match = TIME.matcher(value.toString());
    if (!match.matches()) {
      throw wrong(key, "a time such as 500ms, 15s, 10m, 4h or 1d");
    }
    long number = Long.parseLong(match.group(1));
    return switch (match.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  /** {@return texts: a list, or one alone} */
  List<String> texts(String key, List<String> otherwise) {
    var value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof String alone) {
      return List.of(alone);
    }
    if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
      return list.stream().map(String.class::cast).toList();
    }
    throw wrong(key, "a list of texts");
  }

  /** {@return the mapping below a key, empty when there is none} */
  Section section(String key) {
    var value = value(key);
    if (value == null) {
      return new Section(place + key + ".", Map.of());
    }
    if (value instanceof Map<?, ?> map) {
      return new Section(place + key + ".", map);
    }
    throw wrong(key, "a mapping");
  }

  /** {@return the mappings of a list} */
  List<Section> sections(String key) {
    var value = value(key);
    if (value == null) {
      return List.of();
    }
    var found = new ArrayList<Section>();
    if (value instanceof List<?> list) {
      for (var item : list) {
        if (!(item instanceof Map<?, ?> map)) {
          throw wrong(key, "a list of mappings");
        }
        found.add(new Section(place + key + "[" + found.size() + "].", map));
      }
      return found;
    }
    throw wrong(key, "a list of mappings");
  }

  /** Refuses keys that nobody asked for: a misspelt limit must not be ignored. */
  void end() {
    for (var key : values.keySet()) {
      if (!known.contains(String.valueOf(key))) {
        throw new UsageException(
            place + key + ": unknown key (expected: " + String.join(", ", known) + ")");
      }
    }
  }

  /** {@return an error about a key} */
  UsageException refused(String key, String why) {
    return new UsageException(place + key + ": " + why);
  }

  /** {@return an error about the section as a whole} */
  UsageException refused(String why) {
    return new UsageException(place.replaceAll("[.: ]+$", "") + ": " + why);
  }

  private UsageException wrong(String key, String expected) {
    return refused(key, values.get(key) + " (expected: " + expected + ")");
  }

  private @Nullable Object value(String key) {
    known.add(key);
    return values.get(key);
  }
}
