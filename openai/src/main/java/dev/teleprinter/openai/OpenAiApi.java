// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.server.Handler;
import dev.teleprinter.server.Loops;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Readers;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Routes;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The OpenAI API on {@code /v1}: any client asks, an upstream answers, and each streamed answer is
 * a topic that can be resumed, read by many and cancelled. Thread-safe.
 *
 * <p>Errors have the OpenAI shape throughout: {@code {"error":{message,type,param,code}}}.
 */
public final class OpenAiApi implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.openai");

  private final OpenAiConfig config;
  private final Scheduler scheduler;
  private final AnswerRegistry registry;
  private final Upstreams upstreams;
  private final EarlierAnswers earlier;
  private final ChatEndpoint chat;
  private final ResponsesEndpoint responses;
  private final ModelsEndpoint models;

  /**
   * An API whose answers are topics of the journal.
   *
   * @param loops what its connections to upstreams are on; outlives it
   * @param memory what its answers are reserved from
   */
  public OpenAiApi(
      OpenAiConfig config, Journal journal, Readers readers, Loops loops, MemoryBudget memory) {
    this(
        config,
        journal,
        readers,
        loops,
        memory,
        new SystemScheduler(),
        Clock.systemUTC(),
        new SecureRandom());
  }

  /** The same with its own idea of time and chance. Takes ownership of the scheduler. */
  OpenAiApi(
      OpenAiConfig config,
      Journal journal,
      Readers readers,
      Loops loops,
      MemoryBudget memory,
      Scheduler scheduler,
      Clock clock,
      RandomGenerator random) {
    this.config = config;
    this.scheduler = scheduler;
    InterruptedAnswers.end(journal, memory); // before a new one can begin
    registry =
        new AnswerRegistry(journal, readers, scheduler, clock, random, config.answersMax(), memory);
    earlier = new EarlierAnswers(config.contextCharsMax(), memory, journal);
    upstreams = upstreams(config, loops, scheduler, clock, random);
    var starter = new AnswerStarter(config, registry, upstreams, journal, scheduler);
    var reading = new AnswerReading(registry, journal);
    chat = new ChatEndpoint(starter, reading);
    responses = new ResponsesEndpoint(starter, reading, registry, journal, earlier);
    models = new ModelsEndpoint(upstreams, scheduler, config.modelsFor(), memory);
  }

  private static Upstreams upstreams(
      OpenAiConfig config, Loops loops, Scheduler scheduler, Clock clock, RandomGenerator random) {
    var all = new ArrayList<Upstream>();
    for (var upstream : config.upstreams()) {
      all.add(new HttpUpstream(upstream, loops, scheduler, random));
    }
    if (config.demo()) {
      all.add(new DemoUpstream(scheduler, clock, random));
    }
    return new Upstreams(all);
  }

  /** Adds all of {@code /v1}, errors for unknown paths included, for whoever asks. */
  public void addRoutes(Routes routes) {
    addRoutes(routes, _ -> {});
  }

  /**
   * Adds the same behind a check, which runs before each handler and refuses a request by throwing
   * a {@link ProblemException}: that, too, is told in the OpenAI shape.
   */
  public void addRoutes(Routes routes, Consumer<Request> check) {
    var known = new Routes();
    add(check, known, routes, "POST", "/v1/chat/completions", chat::post);
    add(check, known, routes, "GET", "/v1/chat/completions/{id}", chat::get);
    add(check, known, routes, "POST", "/v1/chat/completions/{id}/cancel", chat::cancel);
    add(check, known, routes, "POST", "/v1/responses", responses::post);
    add(check, known, routes, "GET", "/v1/responses/{id}", responses::get);
    add(check, known, routes, "DELETE", "/v1/responses/{id}", responses::delete);
    add(check, known, routes, "POST", "/v1/responses/{id}/cancel", responses::cancel);
    add(check, known, routes, "GET", "/v1/models", models::list);
    add(check, known, routes, "GET", "/v1/models/{id...}", models::get);
    for (var method : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
      routes.add(
          method,
          "/v1/{rest...}",
          errors(
              check,
              request -> known.match(request.method(), request.path()).handler().handle(request)));
    }
  }

  private static void add(
      Consumer<Request> check,
      Routes known,
      Routes routes,
      String method,
      String pattern,
      Handler handler) {
    var answering = errors(check, handler);
    known.add(method, pattern, answering);
    routes.add(method, pattern, answering);
  }

  /** The handler with every error in the OpenAI shape. */
  private static Handler errors(Consumer<Request> check, Handler handler) {
    return request -> {
      try {
        check.accept(request);
        return handler.handle(request);
      } catch (ApiException e) {
        return e.reply();
      } catch (UpstreamException e) {
        return e.asApiException().reply();
      } catch (ProblemException e) {
        return shaped(e).reply();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "a request to /v1 failed", e);
        return new ApiException(500, "server_error", null, "internal_error", "The server failed.")
            .reply();
      }
    };
  }

  private static ApiException shaped(ProblemException problem) {
    var code = problem.status() == 404 ? "unknown_url" : problem.code();
    var type = problem.status() < 500 ? ApiException.INVALID_REQUEST : "server_error";
    var error = new ApiException(problem.status(), type, null, code, problem.detail());
    for (var header : problem.headers().entrySet()) {
      error = error.with(header.getKey(), header.getValue());
    }
    return error;
  }

  /** {@return how many answers run now} */
  public int runningAnswers() {
    return registry.size();
  }

  /**
   * Refuses new answers, lets the running ones finish for {@link OpenAiConfig#drain}, then ends
   * them as failed, and closes the connections to upstreams. Waits. Idempotent.
   */
  @Override
  public void close() {
    registry.close(config.drain());
    upstreams.close();
    scheduler.close();
    earlier.close();
  }
}
