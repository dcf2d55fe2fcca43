// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.concurrent.CompletionException;

/** What becomes of a response, without a server. Stateless. */
public final class Answers {
  private Answers() {}

  /** What is sent in the end. Blocks, and throws what the handler does. */
  public static Response.Ready of(Response response) throws Exception {
    return switch (response) {
      case Response.Ready ready -> ready;
      case Response.Blocking(var rest) -> of(rest.call());
      case Response.Later(var answer) -> {
        try {
          yield of(answer.toCompletableFuture().join());
        } catch (CompletionException e) {
          throw e.getCause() instanceof Exception cause ? cause : e;
        }
      }
    };
  }
}
