// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * One request on its way to its answer: asks the handler on the event loop, goes where its response
 * says, be that a thread or whoever completes a future, and comes back to the loop. Thread-safe.
 */
final class Exchange {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private final HttpRequestView request;
  private final EventExecutor loop;
  private final Consumer<Response.Ready> onAnswer;

  private Exchange(HttpRequestView request, EventExecutor loop, Consumer<Response.Ready> onAnswer) {
    this.request = request;
    this.loop = loop;
    this.onAnswer = onAnswer;
  }

  /**
   * Asks the handler. The answer, an error document if it failed, arrives on the loop, perhaps
   * before this returns; never, if the loop has ended by then.
   */
  static void start(
      ServerContext server,
      HttpRequestView request,
      EventExecutor loop,
      Consumer<Response.Ready> onAnswer) {
    assert loop.inEventLoop();
    request.started();
    var exchange = new Exchange(request, loop, onAnswer);
    exchange.ask(() -> server.answer(request));
  }

  /** Any thread. */
  private void go(Response response) {
    switch (response) {
      case Response.Ready ready -> answer(ready);
      case Response.Later(var answer) ->
          answer.whenComplete((next, failure) -> {
            go(failure == null ? next : problem(failure));
            if (failure instanceof Error error && !(error instanceof StackOverflowError)) {
              var thread = Thread.currentThread(); // a future keeps what its listeners throw
              thread.getUncaughtExceptionHandler().uncaughtException(thread, error);
            }
          });
      case Response.Blocking(var rest) ->
          Thread.ofVirtual().name("tp-http-" + request.method()).start(() -> ask(rest));
    }
  }

  private void answer(Response.Ready ready) {
    request.answered();
    if (loop.inEventLoop()) {
      onAnswer.accept(ready);
      return;
    }
    try {
      loop.execute(() -> onAnswer.accept(ready));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the server stopped before a handler was done", e);
    }
  }

  /**
   * Calls a handler and goes on with its response. An {@code Error} is answered too, then thrown on
   * to whoever watches the thread: the process may be past help.
   */
  private void ask(Callable<? extends Response> handler) {
    Response response;
    try {
      response = handler.call();
    } catch (Exception | StackOverflowError e) {
      response = problem(e);
    } catch (Error e) {
      answer(problem(e));
      throw e;
    }
    go(response);
  }

  private Response.Reply problem(Throwable failure) {
    return switch (failure) {
      case CompletionException e when e.getCause() != null -> problem(e.getCause());
      case ProblemException e -> Problems.reply(e);
      case IOException e -> {
        LOG.log(Level.DEBUG, "a body was cut", e);
        yield Problems.reply(new ProblemException(400, "body_cut", "body: cut before its end"));
      }
      default -> {
        LOG.log(
            Level.ERROR, "a handler failed: " + request.method() + " " + request.path(), failure);
        yield Problems.reply(
            new ProblemException(500, "internal_error", "the server made a mistake"));
      }
    };
  }
}
