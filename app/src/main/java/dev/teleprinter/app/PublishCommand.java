// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventEncoder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Publishes standard input in one streaming request: an event as soon as its line is there.
 * Immutable.
 *
 * @param topic what to publish to
 * @param url the server, or its hub
 * @param type the events' type, null for none
 * @param data one event's data instead of standard input
 * @param events whether standard input is an event stream already
 * @param close whether the topic ends with it; not when this program is cut short
 * @param verbose whether to tell what was published
 */
record PublishCommand(
    String topic,
    String url,
    @Nullable String type,
    @Nullable String data,
    boolean events,
    boolean close,
    boolean verbose) {

  /** {@return the exit status once the input has ended: 1 when the server refused or is away} */
  int run(InputStream in, PrintStream out, PrintStream err) {
    try {
      var answer = publish(in);
      if (answer.status() != 200) {
        err.println("teleprinter: " + problem(answer));
        return 1;
      }
      if (verbose) {
        out.println(answer.body());
      }
      return 0;
    } catch (UsageException e) {
      err.println("teleprinter: " + e.getMessage());
      return 2;
    } catch (IOException e) {
      err.println("teleprinter: " + url + ": " + e.getMessage());
      return 1;
    }
  }

  private StreamingPost.Answer publish(InputStream in) throws IOException {
    var template = template();
    var input = data == null ? in : new ByteArrayInputStream(EventEncoder.encode(template));
    boolean encoded = data != null || events;
    try (var post = StreamingPost.open(hub(), "text/event-stream")) {
      // The answer may come while the input is silent, so the input has a thread of its own, which
      // may well be blocked in a read when the process ends.
      Thread.ofPlatform()
          .name("tp-publish-0")
          .daemon()
          .start(() -> pump(input, encoded, template, post));
      return post.answer().get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  private static void pump(InputStream input, boolean encoded, Event template, StreamingPost post) {
    try {
      var body = post.body();
      try (OutputStream sink = encoded ? body : new LineEvents(template, body)) {
        input.transferTo(sink);
      }
      post.end();
    } catch (IOException e) {
      post.fail(e);
    }
  }

  private Event template() {
    try {
      return Event.of(type == null ? Event.MESSAGE : type, data == null ? "" : data);
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private URI hub() {
    try {
      var base = new URI(url);
      boolean web = "http".equals(base.getScheme()) || "https".equals(base.getScheme());
      if (!web || base.getHost() == null || base.getRawQuery() != null) {
        throw new UsageException("--url: " + url + " (expected: such as http://127.0.0.1:8080)");
      }
      boolean bare = base.getRawPath().isEmpty() || base.getRawPath().equals("/");
      var query = "?topic=" + URLEncoder.encode(topic, UTF_8) + (close ? "&close=1" : "");
      return base.resolve((bare ? MercureHub.PATH : base.getRawPath()) + query);
    } catch (URISyntaxException e) {
      throw new UsageException("--url: " + url + " (expected: such as http://127.0.0.1:8080)");
    }
  }

  /** What a problem document says, else the status alone. */
  private static String problem(StreamingPost.Answer answer) {
    try {
      JsonNode document = JsonMapper.shared().readTree(answer.body());
      var detail = document.path("detail").asString("");
      if (!detail.isEmpty()) {
        return document.path("code").asString("") + ": " + detail;
      }
    } catch (JacksonException e) {
      return "the server answered " + answer.status() + ", and not as a hub does";
    }
    return "the server answered " + answer.status();
  }
}
