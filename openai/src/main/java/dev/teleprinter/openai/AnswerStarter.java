// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.openai.CancelSignal.Reason;
import dev.teleprinter.server.Request;

/**
 * Asks upstreams on behalf of a request, for an answer that streams or a whole one. Thread-safe.
 */
final class AnswerStarter {
  /**
   * What leaving means, said by the request: {@code continue}, {@code grace=30s} or {@code cancel}.
   */
  static final String ON_DISCONNECT = "Teleprinter-On-Disconnect";

  private final OpenAiConfig config;
  private final AnswerRegistry registry;
  private final Upstreams upstreams;
  private final Journal journal;
  private final Scheduler scheduler;

  AnswerStarter(
      OpenAiConfig config,
      AnswerRegistry registry,
      Upstreams upstreams,
      Journal journal,
      Scheduler scheduler) {
    this.config = config;
    this.registry = registry;
    this.upstreams = upstreams;
    this.journal = journal;
    this.scheduler = scheduler;
  }

  /** {@return the request's policy} Throws {@link ApiException} when it is none. */
  DisconnectPolicy policy(Request http, boolean background) {
    var asked = http.header(ON_DISCONNECT);
    if (asked == null) {
      return background ? new DisconnectPolicy.Continue() : config.onDisconnect();
    }
    return DisconnectPolicy.parse(asked.strip())
        .orElseThrow(() ->
            ApiException.invalid(
                null,
                "invalid_on_disconnect",
                "Invalid header '"
                    + ON_DISCONNECT
                    + "': expected continue, cancel or grace=<1 to 3600>s."));
  }

  /**
   * Begins an answer that is relayed into a topic. Blocks until its first event is there, it is
   * refused, or patience is over. A client that leaves before knows no id to come back with, so
   * anything but {@code continue} cancels.
   */
  Answer.Start start(AnswerRequest request, Request http, DisconnectPolicy policy) {
    var answer = registry.open(request, policy);
    boolean relayed = false;
    try {
      var patience = scheduler.after(config.patience(), answer::maybeBegin);
      if (!(policy instanceof DisconnectPolicy.Continue)) {
        http.onDisconnect(() -> answer.signal().cancel(Reason.DISCONNECTED));
      }
      Relay.start(answer, upstreams, journal);
      relayed = true;
      var start = answer.start().join();
      patience.cancel();
      return start;
    } finally {
      if (!relayed) {
        answer.end(); // there is no relay that will
      }
    }
  }

  /** {@return memory for a whole answer, which the caller closes} Throws 503 if there is none. */
  AnswerMemory memoryFor(AnswerRequest request) {
    return registry.memoryFor(request);
  }

  /** A whole answer. Blocks. The upstream is closed at once when the client leaves. */
  Upstreams.Routed whole(AnswerRequest request, Request http, AnswerMemory memory) {
    var signal = new CancelSignal();
    http.onDisconnect(() -> signal.cancel(Reason.DISCONNECTED));
    return upstreams.open(request, false, signal, memory);
  }
}
