// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Settings as text to look at, a line each. Only values of types that cannot hold a secret are
 * shown; of everything else, such as keys, no more than that it is set. Stateless.
 */
final class SettingsText {
  private SettingsText() {}

  /** {@return a record's components, and those of the records in it, indented} */
  static String of(Record settings) {
    var text = new StringBuilder();
    components(text, "", settings);
    return text.toString();
  }

  private static void components(StringBuilder text, String indent, Record of) {
    for (var component : of.getClass().getRecordComponents()) {
      var name = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      value(text, indent, name, value(component, of));
    }
  }

  private static void value(
      StringBuilder text, String indent, String name, @Nullable Object value) {
    switch (value) {
      case Record inner when inner.getClass().getRecordComponents().length > 0 -> {
        text.append(indent).append(name).append(":\n");
        components(text, indent + "  ", inner);
      }
      case List<?> list when !list.isEmpty() && list.getFirst() instanceof Record -> {
        for (int i = 0; i < list.size(); i++) {
          value(text, indent, name + "[" + i + "]", list.get(i));
        }
      }
      case null, default ->
          text.append(indent).append(name).append(": ").append(plain(value)).append('\n');
    }
  }

  private static String plain(@Nullable Object value) {
    return switch (value) {
      case null -> "none";
      case Duration time -> time(time);
      case Number number -> number.toString();
      case Boolean flag -> flag.toString();
      case String text -> text;
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
      case Record record -> record.getClass().getSimpleName().toLowerCase(Locale.ROOT);
      case Path path -> path.toString();
      case URI uri -> uri.toString();
      case List<?> list -> list.stream().map(SettingsText::plain).toList().toString();
      default -> "set, not shown";
    };
  }

  private static String time(Duration time) {
    var iso = time.toString().substring(2).toLowerCase(Locale.ROOT);
    return time.isZero() ? "0s" : iso.replaceAll("([a-z])(?=.)", "$1 ");
  }

  private static @Nullable Object value(RecordComponent component, Record of) {
    try {
      var accessor = component.getAccessor();
      accessor.trySetAccessible(); // a record of this package need not be public
      return accessor.invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("settings: " + component, e);
    }
  }
}
