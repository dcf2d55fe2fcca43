// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.openai.ApiKey;
import dev.teleprinter.openai.DisconnectPolicy;
import dev.teleprinter.openai.OpenAiConfig;
import dev.teleprinter.openai.UpstreamConfig;
import dev.teleprinter.openai.UpstreamConfig.Dialects;
import dev.teleprinter.openai.UpstreamConfig.Retries;
import dev.teleprinter.openai.UpstreamConfig.Timeouts;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where answers come from: upstreams by name in the configuration file, and one named {@code
 * openai} when {@code OPENAI_API_KEY} or {@code OPENAI_BASE_URL} is set and the file has none of
 * that name. A key is never in the file itself: it names a variable or another file. Confined to
 * one thread.
 */
final class AnswerSettings {
  private static final String OPENAI = "openai";
  private static final String OPENAI_URL = "https://api.openai.com/v1";

  private final Path folder;
  private final Map<String, String> environment;

  /**
   * A reader of these settings.
   *
   * @param folder what the names of key files are relative to: the configuration file's
   */
  AnswerSettings(Path folder, Map<String, String> environment) {
    this.folder = folder;
    this.environment = environment;
  }

  OpenAiConfig read(Section file) {
    var defaults = OpenAiConfig.defaults();
    var named = file.section("upstreams");
    var upstreams = new ArrayList<UpstreamConfig>();
    for (var name : named.names()) {
      upstreams.add(upstream(name, named.section(name)));
    }
    if (upstreams.stream().noneMatch(u -> u.name().equals(OPENAI))) {
      var openAi = ofEnvironment();
      if (openAi != null) {
        upstreams.add(openAi);
      }
    }
    var answers = file.section("answers");
    var config =
        defaults
            .withUpstreams(upstreams)
            .withDemo(file.flag("demo", defaults.demo()))
            .withOnDisconnect(onDisconnect(answers, defaults.onDisconnect()))
            .withAnswersMax(answers.integer("max", defaults.answersMax()))
            .withDrain(answers.time("drain", defaults.drain()));
    answers.end();
    return config;
  }

  private @Nullable UpstreamConfig ofEnvironment() {
    var key = environment.getOrDefault("OPENAI_API_KEY", "");
    var url = environment.getOrDefault("OPENAI_BASE_URL", "");
    if (key.isBlank() && url.isBlank()) {
      return null;
    }
    try {
      var upstream = UpstreamConfig.of(OPENAI, uri(url.isBlank() ? OPENAI_URL : url.strip()));
      return key.isBlank() ? upstream : upstream.withKey(ApiKey.of(key));
    } catch (IllegalArgumentException e) {
      throw new UsageException("OPENAI_BASE_URL, OPENAI_API_KEY: " + e.getMessage());
    }
  }

  private UpstreamConfig upstream(String name, Section section) {
    var url = section.text("base_url");
    if (url == null) {
      throw section.refused("base_url", "missing (expected: such as " + OPENAI_URL + ")");
    }
    try {
      var defaults = UpstreamConfig.of(name, uri(url));
      var upstream =
          defaults
              .withKey(key(section))
              .withModels(section.texts("models", defaults.models()))
              .withDialects(dialects(section))
              .withTimeouts(timeouts(section.section("timeouts"), defaults.timeouts()))
              .withRetries(retries(section.section("retries"), defaults.retries()))
              .withAnswersMax(section.integer("answers", defaults.answersMax()))
              .withEventBytesMax(section.arrayBytes("event", defaults.eventBytesMax()))
              .withAsksUsage(section.flag("asks_usage", defaults.asksUsage()));
      section.end();
      return upstream;
    } catch (IllegalArgumentException e) {
      throw section.refused(String.valueOf(e.getMessage()));
    }
  }

  private static URI uri(String url) {
    try {
      return new URI(url);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(url + " (expected: a URL such as " + OPENAI_URL + ")", e);
    }
  }

  private @Nullable ApiKey key(Section section) {
    var variable = section.text("api_key_env");
    var file = section.text("api_key_file");
    if (variable != null && file != null) {
      throw section.refused("api_key_file", "beside api_key_env (expected: one of them)");
    }
    if (variable != null) {
      var key = environment.getOrDefault(variable, "");
      if (key.isBlank()) {
        throw section.refused("api_key_env", variable + " is not set in the environment");
      }
      return key(section, "api_key_env", key);
    }
    return file == null ? null : key(section, "api_key_file", contents(section, file));
  }

  private String contents(Section section, String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException | InvalidPathException e) {
      throw section.refused("api_key_file", file + " cannot be read (expected: a file with a key)");
    }
  }

  private static ApiKey key(Section section, String name, String key) {
    try {
      return ApiKey.of(key);
    } catch (IllegalArgumentException e) { // which does not repeat the key
      throw section.refused(name, String.valueOf(e.getMessage()));
    }
  }

  private static Dialects dialects(Section section) {
    return switch (section.text("speaks", "auto")) {
      case "auto" -> Dialects.AUTO;
      case "chat" -> Dialects.CHAT;
      case "both" -> Dialects.BOTH;
      case String other ->
          throw section.refused("speaks", other + " (expected: chat, both or auto)");
    };
  }

  private static Timeouts timeouts(Section section, Timeouts otherwise) {
    var timeouts =
        new Timeouts(
            section.time("connect", otherwise.connect()),
            section.time("first_token", otherwise.firstToken()),
            section.time("between_tokens", otherwise.betweenTokens()),
            section.time("total", otherwise.total()));
    section.end();
    return timeouts;
  }

  private static Retries retries(Section section, Retries otherwise) {
    var retries =
        new Retries(
            section.integer("attempts", otherwise.attemptsMax()),
            section.time("backoff", otherwise.backoff()),
            section.time("retry_after_max", otherwise.retryAfterMax()));
    section.end();
    return retries;
  }

  private static DisconnectPolicy onDisconnect(Section section, DisconnectPolicy otherwise) {
    var text = section.text("on_disconnect");
    if (text == null) {
      return otherwise;
    }
    return DisconnectPolicy.parse(text)
        .orElseThrow(() ->
            section.refused("on_disconnect", text + " (expected: continue, cancel or grace=30s)"));
  }

  /** {@return a line for each upstream: its name, where it is and its models, never its key} */
  static List<String> lines(OpenAiConfig config) {
    var lines = new ArrayList<String>();
    for (var upstream : config.upstreams()) {
      boolean any = upstream.models().contains(UpstreamConfig.ANY_MODEL);
      lines.add(
          "%s at %s (%s)"
              .formatted(
                  upstream.name(),
                  upstream.baseUrl(),
                  any ? "any model" : "models: " + String.join(", ", upstream.models())));
    }
    if (config.demo()) {
      lines.add("demo, built in (model: demo), needs no key");
    }
    return lines;
  }
}
