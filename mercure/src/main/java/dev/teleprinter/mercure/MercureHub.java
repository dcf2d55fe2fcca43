// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Routes;
import java.util.Locale;

/**
 * The hub at {@value #PATH} (draft-dunglas-mercure, both dialects of its parameters). Thread-safe.
 *
 * <p>Publishing is a form, or an event stream whose events are appended as they arrive. Subscribing
 * is a GET by exact topics. Patterns, tokens, private updates and active subscriptions are not
 * there yet: a request that needs one is refused, never served as if it did not.
 */
public final class MercureHub {
  /** Where the hub is. */
  public static final String PATH = "/.well-known/mercure";

  private final MercureConfig config;
  private final Matchers matchers;
  private final Subscriptions subscriptions;
  private final FormPublisher forms;
  private final StreamPublisher streams;

  /**
   * A hub over a journal, which stays the caller's to close.
   *
   * @param memory what open event-stream bodies reserve from
   */
  public MercureHub(Journal journal, MercureConfig config, MemoryBudget memory) {
    this.config = config;
    var names = new Names(config, journal.epoch());
    this.matchers = new Matchers(config, names);
    this.subscriptions = new Subscriptions(journal);
    this.forms = new FormPublisher(journal, config, names);
    this.streams = new StreamPublisher(journal, config, names, memory);
  }

  /** Adds the hub's routes. */
  public void addRoutes(Routes routes) {
    routes.addOnLoop("GET", PATH, this::get).addOnLoop("POST", PATH, this::post);
  }

  /**
   * Subscribes a request to topics as the hub does, cursor, gap and end included, for a route that
   * names its topics itself. Says nothing about who may: the route does. Never blocks.
   */
  public Response subscribe(Request request, Topics.Named topics) {
    return subscriptions.open(request, topics);
  }

  private Response get(Request request) {
    config.access().require(request);
    return subscriptions.open(request, matchers.topics(request));
  }

  private Response post(Request request) {
    config.access().require(request);
    var contentType = request.header("Content-Type");
    return switch (mediaType(contentType)) {
      case "application/x-www-form-urlencoded" -> forms.publish(request);
      case "text/event-stream" -> new Response.Blocking(() -> streams.publish(request));
      default ->
          throw new ProblemException(
              415,
              "unsupported_media_type",
              "Content-Type: %s (expected: application/x-www-form-urlencoded or text/event-stream)"
                  .formatted(contentType == null ? "none" : contentType));
    };
  }

  private static String mediaType(@org.jspecify.annotations.Nullable String contentType) {
    if (contentType == null) {
      return "";
    }
    int parameters = contentType.indexOf(';');
    var type = parameters < 0 ? contentType : contentType.substring(0, parameters);
    return type.strip().toLowerCase(Locale.ROOT);
  }
}
