// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses among the upstreams, in the order configured. Thread-safe. */
final class Upstreams implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.openai");

  private final List<Upstream> upstreams;

  Upstreams(List<Upstream> upstreams) {
    this.upstreams = List.copyOf(upstreams);
  }

  /** What came of asking, who was asked, and in which dialect. */
  record Routed(Upstream upstream, Dialect wire, Upstream.Opened opened) {}

  /** The settings that all upstreams share. */
  private record Asking(boolean relayed, CancelSignal signal, AnswerMemory memory) {}

  List<Upstream> all() {
    return upstreams;
  }

  /**
   * Asks the first upstream that has the model, and while they fail before the first token, the
   * next. Blocks.
   *
   * @param relayed whether the answer is read as events
   * @param memory what comes is reserved from it
   * @throws UpstreamException when the last one fails
   * @throws ApiException when none has the model, or the request cannot be translated for it
   */
  Routed open(AnswerRequest request, boolean relayed, CancelSignal signal, AnswerMemory memory) {
    var candidates = candidates(request);
    var asking = new Asking(relayed, signal, memory);
    for (int i = 0; i < candidates.size() - 1; i++) {
      try {
        var routed = ask(candidates.get(i), request, asking);
        if (!(routed.opened() instanceof Upstream.Whole whole) || !isFailure(whole)) {
          return routed;
        }
        LOG.log(
            Level.WARNING, "upstream {0} answered {1}", routed.upstream().name(), whole.status());
      } catch (ApiException e) {
        LOG.log(
            Level.DEBUG,
            "upstream {0} cannot be asked this: {1}",
            candidates.get(i).name(),
            e.code());
      } catch (UpstreamException e) {
        if (!e.isTransient() || signal.isCancelled()) {
          throw e;
        }
        LOG.log(Level.WARNING, "upstream {0}: {1}", candidates.get(i).name(), e.kind().code);
      }
    }
    return ask(candidates.getLast(), request, asking);
  }

  /** Those that name the model, then those that take any; the one that remembers goes first. */
  private List<Upstream> candidates(AnswerRequest request) {
    var model = request.model();
    var found = new ArrayList<Upstream>();
    for (var upstream : upstreams) {
      if (upstream.models().contains(model)) {
        found.add(upstream);
      }
    }
    for (var upstream : upstreams) {
      if (!found.contains(upstream) && upstream.models().contains(UpstreamConfig.ANY_MODEL)) {
        found.add(upstream);
      }
    }
    if (found.isEmpty()) {
      throw ApiException.notFound(
          "model",
          "model_not_found",
          "The model '" + model + "' does not exist here (GET /v1/models lists those that do).");
    }
    var remembering = remembering(request);
    if (remembering != null && found.remove(remembering)) {
      found.addFirst(remembering);
    }
    return found;
  }

  private @Nullable Upstream remembering(AnswerRequest request) {
    if (!(request instanceof ResponsesRequest responses) || responses.previous() == null) {
      return null;
    }
    var earlier = responses.earlier().find(responses.previous());
    for (var upstream : upstreams) {
      if (earlier != null && upstream.name().equals(earlier.upstream())) {
        return upstream;
      }
    }
    return null;
  }

  private static Routed ask(Upstream upstream, AnswerRequest request, Asking asking) {
    var dialect = request.dialect();
    if (dialect == Dialect.RESPONSES && !upstream.isChatOnly()) {
      var routed = askIn(dialect, upstream, request, asking);
      boolean learned = routed.opened() instanceof Upstream.Whole && upstream.isChatOnly();
      if (!learned) {
        return routed;
      }
    }
    return askIn(Dialect.CHAT, upstream, request, asking);
  }

  private static Routed askIn(
      Dialect wire, Upstream upstream, AnswerRequest request, Asking asking) {
    var body = request.body(wire, upstream, asking.relayed);
    var call = new Upstream.Call(wire, body, asking.relayed, asking.memory);
    var opened = upstream.open(call, asking.signal);
    return new Routed(upstream, wire, opened);
  }

  private static boolean isFailure(Upstream.Whole whole) {
    return whole.status() >= 500 || whole.status() == 429 || whole.status() == 401;
  }

  @Override
  public void close() {
    upstreams.forEach(Upstream::close);
  }
}
