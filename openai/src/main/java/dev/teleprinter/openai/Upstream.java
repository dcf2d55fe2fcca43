// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.sse.Event;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Where answers come from. Thread-safe. */
interface Upstream extends AutoCloseable {
  String name();

  /** {@return the models it was configured for; {@link UpstreamConfig#ANY_MODEL} for any} */
  List<String> models();

  /** {@return whether Responses must be translated for it, as far as is known now} */
  boolean isChatOnly();

  /** {@return whether a chat stream asks it for usage} */
  boolean asksUsage();

  /**
   * Asks. Blocks until a stream's first event is there, or a whole reply. Tries again as
   * configured. The signal ends it at once, and later the stream.
   *
   * @throws UpstreamException when there is neither; nothing in it, or in a reply, shows the key
   */
  Opened open(Call call, CancelSignal signal);

  /** The models it offers now. May block. Throws {@link UpstreamException}. */
  List<ObjectNode> listModels(AnswerMemory memory);

  /** {@return what hides its key in the words of its stream} */
  KeyMask mask();

  /** Frees its connections. Idempotent. */
  @Override
  void close();

  /**
   * The request, in the upstream's dialect. Immutable; the body is not changed any more.
   *
   * @param memory of the answer, which what comes is reserved from
   */
  record Call(Dialect dialect, ObjectNode body, boolean streaming, AnswerMemory memory) {}

  /** What came of asking. */
  sealed interface Opened {}

  /** A whole reply, as it came: what was asked for, or an HTTP error. */
  @SuppressWarnings("ArrayRecordComponent") // relayed as it is; a copy would serve nobody
  record Whole(int status, Map<String, String> headers, byte[] body) implements Opened {
    boolean isError() {
      return status >= 300;
    }
  }

  /** An answer that streams, its first event already there. */
  record Streaming(Events events) implements Opened {}

  /** An upstream's events. Confined to one thread, except {@link #close}. */
  interface Events extends AutoCloseable {
    /**
     * The next event; null at the end. Blocks.
     *
     * @throws UpstreamException when it breaks, stalls or takes too long, or was closed
     */
    @Nullable Event next();

    /**
     * Gives the events that follow to a taker on an event loop, as they come, as long as it takes
     * them; {@link #next} has those it refused. Blocks until it is time to call that.
     *
     * @param taker returns whether it took the event. It must not block, and is not called any more
     *     when this returns.
     */
    default void pour(Predicate<Event> taker) {}

    /** Ends the upstream's work and frees its place. Any thread. Idempotent. */
    @Override
    void close();
  }
}
