// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.DiskConfig;
import dev.teleprinter.journal.Durability;
import dev.teleprinter.openai.DisconnectPolicy;
import dev.teleprinter.openai.UpstreamConfig.Dialects;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir private Path folder;

  @Test
  void listensOnLoopbackWithTheDemoByDefault() {
    var settings = read(Map.of());
    assertThat(settings.server().host()).isEqualTo("127.0.0.1");
    assertThat(settings.server().port()).isEqualTo(8080);
    assertThat(settings.openAi().upstreams()).isEmpty();
    assertThat(settings.openAi().demo()).isTrue();
    assertThat(settings.dataDir()).isEqualTo(Path.of("data"));
    assertThat(settings.disk()).isEqualTo(DiskConfig.defaults());
  }

  @Test
  void letsTheCommandLineBeatTheEnvironmentAndThatTheFile() throws IOException {
    var file = file("host: localhost\nport: 1\ndata_dir: here\n");
    var environment =
        Map.of("TELEPRINTER_CONFIG", file, "TELEPRINTER_PORT", "2", "TELEPRINTER_HOST", "");
    var settings = Settings.read(new ServeOptions(null, "3", null, null, null, false), environment);
    assertThat(settings.server().port()).isEqualTo(3);
    assertThat(read(environment).server().port()).isEqualTo(2);
    assertThat(settings.server().host()).isEqualTo("localhost"); // an empty variable is none
    assertThat(settings.dataDir()).isEqualTo(Path.of("here"));
  }

  @Test
  void keepsDataInMemoryOnlyWhenAsked() throws IOException {
    assertThat(read("data_dir: memory\n", Map.of()).dataDir()).isNull();
    assertThat(read("durability: always\n", Map.of()).disk().durability())
        .isEqualTo(Durability.ALWAYS);
    assertThat(read(Map.of("TELEPRINTER_DURABILITY", "os")).disk().durability())
        .isEqualTo(Durability.OS);
    assertThatThrownBy(() -> read(Map.of("TELEPRINTER_DURABILITY", "never")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("never (expected: always, interval or os)");
  }

  @Test
  void readsEverySectionOfTheFile() throws IOException {
    Files.writeString(folder.resolve("key"), "sk-file\n");
    var settings =
        read(
            """
            upstreams:
              local:
                base_url: http://127.0.0.1:11434/v1
                models: [small, large]
                speaks: chat
                api_key_file: key
                timeouts: {connect: 500ms, first_token: 1m}
                retries: {attempts: 1}
                answers: 5
              other:
                base_url: https://api.example.org/v1
                api_key_env: OTHER_KEY
            answers: {on_disconnect: grace=10s, max: 7, drain: 1s}
            demo: false
            limits: {connections: 10, event: 64KiB, request_body: 1MiB, memory: 1GiB, topics: 9}
            timeouts: {heartbeat: 5s, drain: 2s}
            cors: {origins: [https://example.org], credentials: true}
            retention:
              events: 10
              age: 2h
              rules:
                - {topic: "chat/*", events: 3}
            """,
            Map.of("OTHER_KEY", "sk-other"));
    var local = settings.openAi().upstreams().get(0);
    assertThat(local.baseUrl()).isEqualTo(URI.create("http://127.0.0.1:11434/v1"));
    assertThat(local.models()).containsExactly("small", "large");
    assertThat(local.dialects()).isEqualTo(Dialects.CHAT);
    assertThat(local.timeouts().connect()).isEqualTo(Duration.ofMillis(500));
    assertThat(local.key()).isNotNull();
    assertThat(settings.openAi().upstreams()).extracting(u -> u.name()).contains("other");
    assertThat(settings.openAi().onDisconnect())
        .isEqualTo(new DisconnectPolicy.Grace(Duration.ofSeconds(10)));
    assertThat(settings.openAi().demo()).isFalse();
    assertThat(settings.server().limits().connectionsMax()).isEqualTo(10);
    assertThat(settings.server().timeouts().heartbeat()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.server().cors().credentials()).isTrue();
    assertThat(settings.access().origins()).containsExactly("https://example.org");
    assertThat(settings.mercure().eventBytesMax()).isEqualTo(64 << 10);
    assertThat(settings.journal().memoryBytesMax()).isEqualTo(1L << 30);
    assertThat(settings.journal().retentionOf("chat/7").eventsMax()).isEqualTo(3);
    assertThat(settings.journal().retentionOf("chat/7").age()).isEqualTo(Duration.ofHours(2));
    assertThat(settings.journal().retentionOf("other").eventsMax()).isEqualTo(10);
    assertThat(settings.journal().retentionOf(ClockFeed.TOPIC)).isEqualTo(ClockFeed.RETENTION);
  }

  @Test
  void derivesTheMemoryForEventsFromTheHeap() throws IOException {
    long half = Math.min(1536L << 20, Runtime.getRuntime().maxMemory() / 2);
    assertThat(read("", Map.of()).journal().memoryBytesMax()).isEqualTo(half);
    var auto = read("limits: {memory: auto}", Map.of());
    assertThat(auto.journal().memoryBytesMax()).isEqualTo(half);
  }

  @Test
  void refusesMoreMemoryForEventsThanTheRuntimeGives() {
    assertThatThrownBy(() -> read("limits: {memory: 4096GiB}", Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("limits.memory: 4194304 MiB, more than the direct memory of")
        .hasMessageContaining("MaxDirectMemorySize");
  }

  @Test
  void servesNoMoreConnectionsThanFileDescriptorsAllow() throws IOException {
    var asked = read("limits: {connections: 500}", Map.of());
    var few = asked.fitting(new Descriptors(256)).server().limits().connectionsMax();
    assertThat(few).isBetween(8, 250);
    assertThat(asked.fitting(new Descriptors(asked.descriptorsWanted()))).isEqualTo(asked);
  }

  @Test
  void makesAnUpstreamOfTheUsualVariables() {
    var upstream = read(Map.of("OPENAI_API_KEY", "sk-1")).openAi().upstreams().get(0);
    assertThat(upstream.name()).isEqualTo("openai");
    assertThat(upstream.baseUrl()).isEqualTo(URI.create("https://api.openai.com/v1"));
    var local =
        read(Map.of("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")).openAi().upstreams().get(0);
    assertThat(local.key()).isNull();
  }

  @Test
  void letsTheFileReplaceThatUpstream() throws IOException {
    var settings =
        read(
            "upstreams: {openai: {base_url: http://127.0.0.1:2/v1}}",
            Map.of("OPENAI_API_KEY", "sk-1"));
    assertThat(settings.openAi().upstreams()).hasSize(1);
    assertThat(settings.openAi().upstreams().get(0).key()).isNull();
  }

  @Test
  void neverShowsAKey() throws IOException {
    var settings =
        read(
            "upstreams: {a: {base_url: http://127.0.0.1:2/v1, api_key_env: A_KEY}}",
            Map.of("A_KEY", "sk-secret", "OPENAI_API_KEY", "sk-secret"));
    assertThat(settings.toString()).doesNotContain("secret");
    assertThat(AnswerSettings.lines(settings.openAi()))
        .containsExactly(
            "a at http://127.0.0.1:2/v1 (any model)",
            "openai at https://api.openai.com/v1 (any model)",
            "demo, built in (model: demo), needs no key");
    var bad = Map.of("OPENAI_API_KEY", "sk secret");
    assertThatThrownBy(() -> read(bad))
        .isInstanceOf(UsageException.class)
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prot: 1 | prot: unknown key (expected: host, port, data_dir",
        "limits: {evnt: 1} | limits.evnt: unknown key",
        "limits: {event: soon} | limits.event: soon (expected: a size such as",
        "limits: {connections: many} | limits.connections: many (expected: a whole number",
        "limits: {connections: 0} | limits.connections: 0 (expected: a whole number from 1)",
        "limits: 5 | limits: 5 (expected: a mapping)",
        "timeouts: {drain: 5} | timeouts.drain: 5 (expected: a time such as",
        "demo: perhaps | demo: perhaps (expected: true or false)",
        "cors: {origins: [example.org]} | cors.origins: example.org (expected: origins",
        "cors: {origins: ['*'], credentials: true} | cors: credentials with origin *",
        "upstreams: {a: {models: [x]}} | upstreams.a.base_url: missing",
        "upstreams: {a: {base_url: 'ftp://x'}} | base URL ftp://x (expected: http://",
        "upstreams: {a: {base_url: 'http://x', api_key: sk}} | upstreams.a.api_key: unknown key",
        "upstreams: {a: {base_url: 'http://x', api_key_env: NOPE}} | NOPE is not set",
        "upstreams: {a: {base_url: 'http://x', api_key_file: nope}} | nope cannot be read",
        "upstreams: {a: {base_url: 'http://x', speaks: latin}} | speaks: latin (expected: chat",
        "answers: {on_disconnect: run} | answers.on_disconnect: run (expected: continue",
        "retention: {rules: [{events: 1}]} | retention.rules[0].topic: missing",
        "retention: {rules: 1} | retention.rules: 1 (expected: a list of mappings)",
        "- 1 | not a mapping",
        "'a: [' | (expected: YAML)",
        "'port: 1\nport: 2' | (expected: YAML)",
        "port: 70000 | port: 70000 (expected: 0 to 65535)",
        "host: 0.0.0.0 | --insecure to serve whoever can connect",
        "host: no.such.host.invalid | host: no.such.host.invalid (expected: an address",
      })
  void saysWhatIsWrongAndWhere(String yaml, String part) {
    assertThatThrownBy(() -> read(yaml.replace("\\n", "\n"), Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(part)
        .hasMessageNotContaining("\n");
  }

  @Test
  void saysWhatIsWrongWithTheFileItself() throws IOException {
    assertThatThrownBy(() -> configured(folder.resolve("none").toString()))
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> configured(folder.toString())).hasMessageContaining("is a directory");
    var latin = Files.write(folder.resolve("latin"), new byte[] {'a', ':', (byte) 0xE9});
    assertThatThrownBy(() -> configured(latin.toString())).hasMessageContaining("not UTF-8");
  }

  @Test
  void letsOtherMachinesInOnlyWhenTold() {
    var options = new ServeOptions("0.0.0.0", null, null, null, null, true);
    assertThat(Settings.read(options, Map.of()).access().anyone()).isTrue();
    assertThat(read(Map.of()).access().anyone()).isFalse();
    assertThat(read(Map.of()).mercure().readOnlyPrefixes()).isEqualTo(App.OWN_TOPICS);
  }

  private static Settings read(Map<String, String> environment) {
    return Settings.read(new ServeOptions(null, null, null, null, null, false), environment);
  }

  private static Settings configured(String file) {
    return Settings.read(new ServeOptions(null, null, null, null, file, false), Map.of());
  }

  private Settings read(String yaml, Map<String, String> environment) throws IOException {
    return Settings.read(new ServeOptions(null, null, null, null, file(yaml), false), environment);
  }

  private String file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("teleprinter.yaml"), yaml).toString();
  }
}
