// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One OpenAI-compatible service that answers are relayed from. Immutable.
 *
 * @param name what logs and messages call it
 * @param baseUrl where its API is, with {@code /v1} if it has that
 * @param key sent as {@code Authorization: Bearer}; null for none
 * @param models the models asked of it; {@code *} is any that no other upstream names
 * @param dialects which of the APIs it speaks
 * @param timeouts how long it may take
 * @param retries how often it is asked again before the first token
 * @param answersMax answers at one time; one more is sent to the next upstream that has the model,
 *     or refused with 429
 * @param eventBytesMax one event of its stream, decoded; a larger one fails the answer. Also the
 *     most of a whole reply, times 8
 * @param asksUsage whether a chat stream always asks for {@code stream_options.include_usage}; for
 *     servers that refuse the option
 */
public record UpstreamConfig(
    String name,
    URI baseUrl,
    @Nullable ApiKey key,
    List<String> models,
    Dialects dialects,
    Timeouts timeouts,
    Retries retries,
    int answersMax,
    int eventBytesMax,
    boolean asksUsage) {

  /** The model list's entry for any model. */
  public static final String ANY_MODEL = "*";

  /** Which APIs an upstream speaks. */
  public enum Dialects {
    /** Chat Completions only; Responses are translated. */
    CHAT,
    /** Both. */
    BOTH,
    /** Found out at the first Responses request: Both, unless it says that it has no such path. */
    AUTO
  }

  /** Refuses a base URL that is not http or https, and limits that let nothing through. */
  public UpstreamConfig {
    models = List.copyOf(models);
    var scheme = baseUrl.getScheme();
    if (!"http".equalsIgnoreCase(scheme) && !"https".equalsIgnoreCase(scheme)) {
      throw new IllegalArgumentException(
          "upstream " + name + ": base URL " + baseUrl + " (expected: http:// or https://)");
    }
    if (baseUrl.getHost() == null || baseUrl.getUserInfo() != null || baseUrl.getQuery() != null) {
      throw new IllegalArgumentException(
          "upstream " + name + ": base URL (expected: a host, no user, no query)");
    }
    if (name.isBlank() || models.isEmpty() || answersMax < 1 || eventBytesMax < 1024) {
      throw new IllegalArgumentException(
          "upstream '%s': %d models, %d answers, %d event bytes (expected: a name, >= 1, >= 1, >= 1024)"
              .formatted(name, models.size(), answersMax, eventBytesMax));
    }
  }

  /** Any model, both dialects if it has them, no key; 1,000 answers, 4 MiB an event. */
  public static UpstreamConfig of(String name, URI baseUrl) {
    return new UpstreamConfig(
        name,
        baseUrl,
        null,
        List.of(ANY_MODEL),
        Dialects.AUTO,
        Timeouts.defaults(),
        Retries.defaults(),
        1_000,
        4 << 20,
        true);
  }

  /** {@return the same with another key, or none} */
  public UpstreamConfig withKey(@Nullable ApiKey newKey) {
    return new UpstreamConfig(
        name,
        baseUrl,
        newKey,
        models,
        dialects,
        timeouts,
        retries,
        answersMax,
        eventBytesMax,
        asksUsage);
  }

  /** {@return the same with other models} */
  public UpstreamConfig withModels(List<String> newModels) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        newModels,
        dialects,
        timeouts,
        retries,
        answersMax,
        eventBytesMax,
        asksUsage);
  }

  /** {@return the same speaking other dialects} */
  public UpstreamConfig withDialects(Dialects newDialects) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        models,
        newDialects,
        timeouts,
        retries,
        answersMax,
        eventBytesMax,
        asksUsage);
  }

  /** {@return the same with other timeouts} */
  public UpstreamConfig withTimeouts(Timeouts newTimeouts) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        models,
        dialects,
        newTimeouts,
        retries,
        answersMax,
        eventBytesMax,
        asksUsage);
  }

  /** {@return the same with other retries} */
  public UpstreamConfig withRetries(Retries newRetries) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        models,
        dialects,
        timeouts,
        newRetries,
        answersMax,
        eventBytesMax,
        asksUsage);
  }

  /** {@return the same with another limit of answers at one time} */
  public UpstreamConfig withAnswersMax(int newAnswersMax) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        models,
        dialects,
        timeouts,
        retries,
        newAnswersMax,
        eventBytesMax,
        asksUsage);
  }

  /** {@return the same with another limit of event bytes} */
  public UpstreamConfig withEventBytesMax(int newEventBytesMax) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        models,
        dialects,
        timeouts,
        retries,
        answersMax,
        newEventBytesMax,
        asksUsage);
  }

  /** {@return the same, asking for usage or not} */
  public UpstreamConfig withAsksUsage(boolean newAsksUsage) {
    return new UpstreamConfig(
        name,
        baseUrl,
        key,
        models,
        dialects,
        timeouts,
        retries,
        answersMax,
        eventBytesMax,
        newAsksUsage);
  }

  /** {@return the URL of a path below the base} */
  URI resolve(String path) {
    var base = baseUrl.toString();
    return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
  }

  /**
   * How long an upstream may take. Immutable.
   *
   * @param connect to connect
   * @param firstToken from the request to the first event of its stream
   * @param betweenTokens silence in a running stream; comments are signs of life. After it the
   *     answer fails as stalled
   * @param total for a whole answer, streamed or not
   */
  public record Timeouts(
      Duration connect, Duration firstToken, Duration betweenTokens, Duration total) {
    /** Refuses times that are not positive. */
    public Timeouts {
      if (!connect.isPositive()
          || !firstToken.isPositive()
          || !betweenTokens.isPositive()
          || !total.isPositive()) {
        throw new IllegalArgumentException(
            "timeouts: %s, %s, %s, %s (expected: positive)"
                .formatted(connect, firstToken, betweenTokens, total));
      }
    }

    /** 10 s to connect, 2 minutes to the first event, 2 minutes of silence, 1 hour in all. */
    public static Timeouts defaults() {
      return new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofMinutes(2),
          Duration.ofMinutes(2),
          Duration.ofHours(1));
    }

    /** {@return the same with another time to connect} */
    public Timeouts withConnect(Duration newConnect) {
      return new Timeouts(newConnect, firstToken, betweenTokens, total);
    }

    /** {@return the same with another time to the first event} */
    public Timeouts withFirstToken(Duration newFirstToken) {
      return new Timeouts(connect, newFirstToken, betweenTokens, total);
    }

    /** {@return the same with another longest silence} */
    public Timeouts withBetweenTokens(Duration newBetweenTokens) {
      return new Timeouts(connect, firstToken, newBetweenTokens, total);
    }

    /** {@return the same with another total} */
    public Timeouts withTotal(Duration newTotal) {
      return new Timeouts(connect, firstToken, betweenTokens, newTotal);
    }
  }

  /**
   * Asking again when a connection fails or the upstream is busy or broken (429, 5xx), before the
   * first token only. Immutable.
   *
   * @param attemptsMax how often in all, 1 or more
   * @param backoff the first pause; each further one is twice as long, give or take a half
   * @param retryAfterMax the longest {@code Retry-After} waited for; a longer one is passed on to
   *     the client, or the next upstream is asked
   */
  public record Retries(int attemptsMax, Duration backoff, Duration retryAfterMax) {
    /** Refuses fewer than one attempt. */
    public Retries {
      if (attemptsMax < 1
          || attemptsMax > 10
          || backoff.isNegative()
          || retryAfterMax.isNegative()) {
        throw new IllegalArgumentException(
            "retries: %d attempts, %s, %s (expected: 1 to 10, >= 0, >= 0)"
                .formatted(attemptsMax, backoff, retryAfterMax));
      }
    }

    /** 3 attempts, 250 ms, 5 s. */
    public static Retries defaults() {
      return new Retries(3, Duration.ofMillis(250), Duration.ofSeconds(5));
    }

    /** One attempt. */
    public static Retries none() {
      return new Retries(1, Duration.ZERO, Duration.ZERO);
    }
  }
}
