// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.time.Duration;
import java.util.List;

/**
 * Settings of the OpenAI API. Immutable.
 *
 * @param upstreams where answers come from; of those with the same model the first is asked first
 * @param demo whether the built-in upstream {@code demo} answers model {@code demo}
 * @param onDisconnect what becomes of an answer whose request does not say
 * @param patience how long a streaming request waits for the answer's first event before it is
 *     answered 200 with an id of our own; until then an upstream's refusal is a real HTTP error
 * @param answersMax running answers at one time; one more is refused with 429
 * @param drain how long {@link OpenAiApi#close} lets running answers finish
 * @param modelsFor how long the list of an upstream's models is kept
 * @param contextCharsMax text of earlier translated answers kept for {@code previous_response_id};
 *     beyond it the oldest are forgotten
 */
public record OpenAiConfig(
    List<UpstreamConfig> upstreams,
    boolean demo,
    DisconnectPolicy onDisconnect,
    Duration patience,
    int answersMax,
    Duration drain,
    Duration modelsFor,
    long contextCharsMax) {

  /** Refuses two upstreams of one name, and limits that let nothing through. */
  public OpenAiConfig {
    upstreams = List.copyOf(upstreams);
    if (upstreams.stream().map(UpstreamConfig::name).distinct().count() != upstreams.size()) {
      throw new IllegalArgumentException("upstreams: two of one name (expected: each once)");
    }
    if (upstreams.stream().anyMatch(u -> u.name().equals(DemoUpstream.NAME))) {
      throw new IllegalArgumentException("upstream: demo (expected: another name, it is built in)");
    }
    if (patience.isNegative() || answersMax < 1 || drain.isNegative() || contextCharsMax < 0) {
      throw new IllegalArgumentException(
          "openai: patience %s, %d answers, drain %s, %d context (expected: >= 0, >= 1, >= 0, >= 0)"
              .formatted(patience, answersMax, drain, contextCharsMax));
    }
  }

  /**
   * The demo alone; 30 s of grace, 10 s of patience, 10,000 answers, 10 s to drain, models kept for
   * a minute, 32 Mi characters of context.
   */
  public static OpenAiConfig defaults() {
    return new OpenAiConfig(
        List.of(),
        true,
        new DisconnectPolicy.Grace(Duration.ofSeconds(30)),
        Duration.ofSeconds(10),
        10_000,
        Duration.ofSeconds(10),
        Duration.ofMinutes(1),
        32L << 20);
  }

  /** {@return the same with other upstreams} */
  public OpenAiConfig withUpstreams(List<UpstreamConfig> newUpstreams) {
    return new OpenAiConfig(
        newUpstreams, demo, onDisconnect, patience, answersMax, drain, modelsFor, contextCharsMax);
  }

  /** {@return the same with or without the demo} */
  public OpenAiConfig withDemo(boolean newDemo) {
    return new OpenAiConfig(
        upstreams, newDemo, onDisconnect, patience, answersMax, drain, modelsFor, contextCharsMax);
  }

  /** {@return the same with another policy} */
  public OpenAiConfig withOnDisconnect(DisconnectPolicy policy) {
    return new OpenAiConfig(
        upstreams, demo, policy, patience, answersMax, drain, modelsFor, contextCharsMax);
  }

  /** {@return the same with other patience} */
  public OpenAiConfig withPatience(Duration newPatience) {
    return new OpenAiConfig(
        upstreams, demo, onDisconnect, newPatience, answersMax, drain, modelsFor, contextCharsMax);
  }

  /** {@return the same with another limit of running answers} */
  public OpenAiConfig withAnswersMax(int newAnswersMax) {
    return new OpenAiConfig(
        upstreams, demo, onDisconnect, patience, newAnswersMax, drain, modelsFor, contextCharsMax);
  }

  /** {@return the same with another time to drain} */
  public OpenAiConfig withDrain(Duration newDrain) {
    return new OpenAiConfig(
        upstreams, demo, onDisconnect, patience, answersMax, newDrain, modelsFor, contextCharsMax);
  }

  /** {@return the same with another limit of kept context} */
  public OpenAiConfig withContextCharsMax(long newContextCharsMax) {
    return new OpenAiConfig(
        upstreams, demo, onDisconnect, patience, answersMax, drain, modelsFor, newContextCharsMax);
  }
}
