// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The built-in upstream: answers about this server at a model's pace, so that the first run needs
 * no key. It speaks the chat dialect and says what it is. Thread-safe.
 *
 * <p>A whole reply comes at once; a stream at about 40 tokens a second, give or take.
 */
final class DemoUpstream implements Upstream {
  static final String NAME = "demo";
  private static final Duration FIRST = Duration.ofMillis(250);
  private static final Duration EACH = Duration.ofMillis(25);

  private final Scheduler scheduler;
  private final Clock clock;
  private final RandomGenerator random;

  DemoUpstream(Scheduler scheduler, Clock clock, RandomGenerator random) {
    this.scheduler = scheduler;
    this.clock = clock;
    this.random = random;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<String> models() {
    return List.of(NAME);
  }

  @Override
  public boolean isChatOnly() {
    return true;
  }

  @Override
  public boolean asksUsage() {
    return true;
  }

  @Override
  public Opened open(Call call, CancelSignal signal) {
    var question = lastQuestion(call.body().path("messages"));
    var tokens = DemoTokens.of(DemoAnswers.to(question));
    long max = tokensMax(call.body());
    var said = tokens.subList(0, (int) Math.min(tokens.size(), max));
    var finish = said.size() < tokens.size() ? "length" : "stop";
    var chance = chance();
    var id = newId(chance);
    long created = clock.instant().getEpochSecond();
    int asked = DemoTokens.of(question).size();
    if (call.streaming()) {
      return new Streaming(new Typing(id, created, said, finish, asked, signal, chance));
    }
    return new Whole(200, Map.of(), Json.bytes(completion(id, created, said, finish, asked)));
  }

  /** Chance for one answer: what is passed in need not be quick, or safe for many threads. */
  private synchronized SplittableRandom chance() {
    return new SplittableRandom(random.nextLong());
  }

  private static String newId(SplittableRandom random) {
    var id = new StringBuilder("chatcmpl-demo");
    for (int i = 0; i < 24; i++) {
      id.append(Character.forDigit(random.nextInt(36), 36));
    }
    return id.toString();
  }

  private static String lastQuestion(JsonNode messages) {
    for (int i = messages.size() - 1; i >= 0; i--) {
      var message = messages.get(i);
      if (Json.text(message, "role", "").equals("user")) {
        return contentText(message.path("content"));
      }
    }
    return "";
  }

  private static String contentText(JsonNode content) {
    if (content.isString()) {
      return content.stringValue();
    }
    var text = new StringBuilder();
    for (var part : content) {
      text.append(Json.text(part, "text", "")).append(' ');
    }
    return text.toString();
  }

  private static long tokensMax(ObjectNode body) {
    for (var name : List.of("max_completion_tokens", "max_tokens")) {
      var max = body.get(name);
      if (max != null && max.isIntegralNumber() && max.canConvertToLong() && max.longValue() > 0) {
        return max.longValue();
      }
    }
    return Long.MAX_VALUE;
  }

  private static ObjectNode usage(int asked, int said) {
    return Json.object()
        .put("prompt_tokens", asked)
        .put("completion_tokens", said)
        .put("total_tokens", asked + said);
  }

  private static ObjectNode completion(
      String id, long created, List<String> said, String finish, int asked) {
    var completion =
        Json.object()
            .put("id", id)
            .put("object", "chat.completion")
            .put("created", created)
            .put("model", NAME);
    var choice = completion.putArray("choices").addObject().put("index", 0);
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", String.join("", said))
        .putNull("refusal");
    choice.putNull("logprobs").put("finish_reason", finish);
    completion.set("usage", usage(asked, said.size()));
    return completion;
  }

  @Override
  public KeyMask mask() {
    return KeyMask.of(null);
  }

  @Override
  public List<ObjectNode> listModels(AnswerMemory memory) {
    return List.of(
        Json.object()
            .put("id", NAME)
            .put("object", "model")
            .put("created", 0)
            .put("owned_by", "teleprinter"));
  }

  @Override
  public void close() {
    // Nothing is held: running streams end by their signals.
  }

  /** One answer being typed. Confined to its relay, except {@link #close}. */
  private final class Typing implements Events {
    private final String head;
    private final List<String> said;
    private final String finish;
    private final int asked;
    private final CancelSignal signal;
    private final SplittableRandom chance;
    private int at = -1;

    Typing(
        String id,
        long created,
        List<String> said,
        String finish,
        int asked,
        CancelSignal signal,
        SplittableRandom chance) {
      this.head =
          "{\"id\":\""
              + id
              + "\",\"object\":\"chat.completion.chunk\",\"created\":"
              + created
              + ",\"model\":\""
              + NAME
              + "\",\"choices\":[";
      this.said = said;
      this.finish = finish;
      this.asked = asked;
      this.signal = signal;
      this.chance = chance;
    }

    @Override
    public @Nullable Event next() {
      int step = at++;
      if (step >= 0 && step < said.size()) {
        pause(step);
      }
      if (signal.isCancelled()) {
        throw new UpstreamException(Kind.CUT, "The demo was cancelled.");
      }
      if (step < 0) {
        return chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null");
      }
      if (step < said.size()) {
        return chunk("{\"content\":" + Json.quote(said.get(step)) + "}", "null");
      }
      return switch (step - said.size()) {
        case 0 -> chunk("{}", "\"" + finish + "\"");
        case 1 -> Event.of(head + "],\"usage\":" + Json.write(usage(asked, said.size())) + "}");
        case 2 -> Event.of(HttpEvents.DONE);
        default -> null;
      };
    }

    private Event chunk(String delta, String finishReason) {
      return Event.of(
          head
              + "{\"index\":0,\"delta\":"
              + delta
              + ",\"finish_reason\":"
              + finishReason
              + "}],\"usage\":null}");
    }

    /** A breath before the first word, a little longer after a full stop. */
    private void pause(int step) {
      var mean = step == 0 ? FIRST : EACH;
      double stretch = 0.4 + 1.2 * chance.nextDouble();
      if (step > 0 && endsSentence(said.get(step - 1))) {
        stretch += 2;
      }
      scheduler.sleep(Duration.ofNanos((long) (mean.toNanos() * stretch)), signal);
    }

    private static boolean endsSentence(String token) {
      return token.endsWith(".") || token.endsWith("。") || token.endsWith("\n\n");
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
