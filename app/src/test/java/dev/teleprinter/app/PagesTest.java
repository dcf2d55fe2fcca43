// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Response.Reply;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
  private final Pages pages = new Pages();

  @ParameterizedTest
  @CsvSource({
    "/, text/html; charset=utf-8",
    "/examples/clock, text/html; charset=utf-8",
    "/doctor, text/html; charset=utf-8",
    "/console, text/html; charset=utf-8",
    "/answer, text/html; charset=utf-8",
    "/examples/clock.js, text/javascript; charset=utf-8",
    "/vendor/marked.js, text/javascript; charset=utf-8",
    "/vendor/highlight.js, text/javascript; charset=utf-8",
    "/vendor/katex.js, text/javascript; charset=utf-8",
    "/theme.css, text/css; charset=utf-8",
    "/favicon.ico, image/svg+xml",
  })
  void servesWhatIsThereByItsType(String path, String type) {
    var reply = get(path, "");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.headers())
        .containsEntry("Content-Type", type)
        .containsEntry("Cache-Control", "no-cache")
        .containsEntry("X-Content-Type-Options", "nosniff");
    assertThat(reply.body()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nope",
        "/examples",
        "/examples/",
        "/chat",
        "/../app/version.properties",
        "/./index.html",
        "//index.html",
        "/index.html/",
        "/.hidden",
        "/a/..%2f",
        "/index.html\0.js",
        "/chat\\chat.js",
        "/index.class",
      })
  void servesNothingElse(String path) {
    assertThatThrownBy(() -> get(path, "")).isInstanceOf(ProblemException.class);
  }

  @Test
  void answers304ToABrowserThatHasIt() {
    var tag = get("/", "").headers().get("ETag");
    assertThat(get("/", "", Map.of("If-None-Match", "\"x\", W/" + tag)).status()).isEqualTo(304);
    assertThat(get("/", "", Map.of("If-None-Match", "\"x\"")).status()).isEqualTo(200);
  }

  @Test
  void keepsPagesToThemselves() {
    assertThat(policy("/", "feed=https://other.example"))
        .contains("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'")
        .endsWith("connect-src 'self'");
  }

  @Test
  void letsTheClockReadTheFeedItIsAskedTo() {
    assertThat(policy("/examples/clock", "feed=https://other.example:1/x?y"))
        .endsWith("connect-src 'self' https://other.example:1");
    assertThat(policy("/examples/clock", "feed=/examples/clock/feed"))
        .endsWith("connect-src 'self'");
    assertThat(policy("/examples/clock", "feed=javascript:alert(1)"))
        .endsWith("connect-src 'self'");
    assertThat(policy("/examples/clock", "feed=http://x;script-src%20*"))
        .endsWith("connect-src 'self'");
  }

  private @Nullable String policy(String path, String query) {
    return get(path, query).headers().get("Content-Security-Policy");
  }

  private Reply get(String path, String query) {
    return get(path, query, Map.of());
  }

  private Reply get(String path, String query, Map<String, String> headers) {
    var request = new FakeRequest("GET", path + "?" + query);
    headers.forEach(request::with);
    return (Reply) pages.handle(request);
  }
}
