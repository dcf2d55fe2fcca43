// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/configuration.md is what the program reads. */
class ConfigurationDocumentTest {
  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  private String block(int index) throws IOException {
    var matcher = YAML.matcher(Files.readString(Path.of("../docs/configuration.md")));
    for (int i = 0; i <= index; i++) {
      assertThat(matcher.find()).isTrue();
    }
    return matcher.group(1);
  }

  private Settings read(String yaml, Map<String, String> environment) throws IOException {
    var file = Files.writeString(folder.resolve("teleprinter.yaml"), yaml);
    return Settings.read(
        new ServeOptions(null, null, null, null, file.toString(), false), environment);
  }

  @Test
  void documentsTheDefaults() throws IOException {
    assertThat(read(block(0), Map.of())).isEqualTo(read("", Map.of()));
  }

  @Test
  void documentsUpstreamsAndTls() throws IOException {
    var settings = read(block(1), Map.of("OPENAI_API_KEY", "for-this-test-only"));
    var plain = read("", Map.of("OPENAI_API_KEY", "for-this-test-only"));
    assertThat(settings.openAi().upstreams()).hasSize(1);
    assertThat(settings.openAi().upstreams().get(0).toString())
        .isEqualTo(plain.openAi().upstreams().get(0).toString());
    assertThat(settings.server().tls()).isNotNull();
  }
}
