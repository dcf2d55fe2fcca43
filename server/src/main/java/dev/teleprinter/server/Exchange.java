// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Runs a request's handler on a virtual thread of its own and brings the answer to the loop. */
final class Exchange {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private Exchange() {}

  /**
   * Starts the handler. The answer, an error document if it failed, arrives on the loop; never, if
   * the loop has ended by then.
   */
  static void start(
      ServerContext server, HttpRequestView request, Executor loop, Consumer<Response> onAnswer) {
    Thread.ofVirtual()
        .name("tp-http-" + request.method())
        .start(() -> {
          var response = handle(server, request);
          request.answered();
          try {
            loop.execute(() -> onAnswer.accept(response));
          } catch (RejectedExecutionException e) {
            LOG.log(Level.DEBUG, "the server stopped before a handler was done", e);
          }
        });
  }

  private static Response handle(ServerContext server, HttpRequestView request) {
    try {
      return server.answer(request);
    } catch (ProblemException e) {
      return Problems.reply(e);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a body was cut", e);
      return Problems.reply(new ProblemException(400, "body_cut", "body: cut before its end"));
    } catch (Exception | StackOverflowError e) {
      LOG.log(Level.ERROR, "a handler failed: " + request.method() + " " + request.path(), e);
      return Problems.reply(
          new ProblemException(500, "internal_error", "the server made a mistake"));
    }
  }
}
