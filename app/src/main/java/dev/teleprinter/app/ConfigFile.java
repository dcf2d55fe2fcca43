// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads a configuration file: YAML 1.2. Stateless. */
final class ConfigFile {
  private static final long BYTES_MAX = 1 << 20;

  private ConfigFile() {}

  /**
   * The file's top section.
   *
   * @throws UsageException when it is missing, unreadable, too large or not YAML
   */
  static Section read(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new UsageException(file + ": is a directory (expected: a YAML file)");
      }
      if (Files.size(file) > BYTES_MAX) {
        throw new UsageException(file + ": larger than 1 MiB (expected: a configuration file)");
      }
      return Section.of(file.toString(), parse(file, Files.readString(file)));
    } catch (NoSuchFileException e) {
      throw new UsageException(file + ": no such file (expected: a configuration file)");
    } catch (AccessDeniedException e) {
      throw new UsageException(file + ": not readable (expected: a file this user may read)");
    } catch (CharacterCodingException e) {
      throw new UsageException(file + ": not UTF-8 text (expected: a YAML file)");
    } catch (IOException e) {
      throw new UsageException(file + ": cannot be read: " + e.getMessage());
    }
  }

  private static @Nullable Object parse(Path file, String yaml) {
    try {
      var settings = LoadSettings.builder().setAllowDuplicateKeys(false).build();
      return new Load(settings).loadFromString(yaml);
    } catch (MarkedYamlEngineException e) {
      var line = e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
      throw new UsageException(file + line + ": " + e.getProblem() + " (expected: YAML)");
    } catch (YamlEngineException e) {
      throw new UsageException(file + ": " + firstLine(e) + " (expected: YAML)");
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
