// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.teleprinter.server.SelfSigned;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the page {@code /doctor} finds behind a real nginx, set up wrongly and rightly. */
@Timeout(120)
@Tag("alone")
@ExtendWith(Chromium.class)
class DoctorIT {
  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() {
    teleprinter = RunningTeleprinter.start("timeouts: {heartbeat: 500ms}");
  }

  @AfterAll
  static void end() {
    teleprinter.close();
  }

  @Test
  void findsWhatAnNginxDoesThatBuffersCompressesCutsAndDrops(Tabs tabs) {
    var lines =
        """
        proxy_buffering on;
        proxy_ignore_headers X-Accel-Buffering;
        gzip on;
        gzip_proxied any;
        gzip_types text/event-stream;
        proxy_set_header Last-Event-ID "";
        location = /doctor/silence { # only there: a busy machine takes its time elsewhere
          proxy_pass http://127.0.0.1:%d;
          proxy_read_timeout 250ms;
        }
        """
            .formatted(teleprinter.port());
    tabs.allow("Failed to load resource"); // it asks for an error, and its streams are cut
    try (var nginx = Nginx.before(teleprinter.port(), lines)) {
      var page = tabs.open(nginx.url("/doctor"));
      page.waitForSelector("#state[data-state=bad]");
      assertThat(page.getByTestId("doctor-summary").textContent())
          .isEqualTo("Something is in the way.");
      assertThat(states(page))
          .containsEntry("delivery", "bad")
          .containsEntry("compression", "bad")
          .containsEntry("eventSource", "bad")
          .containsEntry("resume", "bad")
          .containsEntry("headers", "bad")
          .containsEntry("idle", "bad")
          .containsEntry("response", "good")
          .containsEntry("statuses", "good");
      assertThat(says(page, "headers")).endsWith("server: Last-Event-ID.");
      assertThat(says(page, "idle")).startsWith("Something cuts a stream that is silent");
      assertThat(page.locator("#proxy").inputValue())
          .as("known by its signature")
          .isEqualTo("nginx");
      assertThat(cure(page, "delivery")).contains("proxy_buffering off;");
      assertThat(cure(page, "compression")).contains("gzip off;");
      assertThat(cure(page, "idle")).contains("proxy_read_timeout 1h;");
      page.locator("#proxy").selectOption("caddy");
      assertThat(cure(page, "delivery")).contains("flush_interval -1");
    }
  }

  @Test
  void findsNothingWrongWithAnNginxThatIsCured(Tabs tabs) {
    tabs.allow("503"); // it asks for one
    var lines =
        """
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_read_timeout 1h;
        """;
    try (var nginx = Nginx.before(teleprinter.port(), lines)) {
      var page = tabs.open(nginx.url("/doctor"));
      page.waitForSelector("#state[data-state=warn]");
      assertThat(page.getByTestId("doctor-summary").textContent())
          .isEqualTo("Streams get through.");
      assertThat(states(page)).containsEntry("tabs", "warn"); // HTTP/1.1
      assertThat(says(page, "tabs")).contains("HTTP/1.1", "the seventh waits");
      assertThat(cure(page, "tabs")).contains("http2");
      var others = states(page);
      others.remove("tabs");
      assertThat(others.values()).as(others.toString()).containsOnly("good");
      assertThat(page.locator("#chart .came").count()).isGreaterThanOrEqualTo(25);
    }
  }

  @Test
  void saysOverTlsThatHttp2LeavesRoomForAnyNumberOfTabs(Tabs tabs, @TempDir Path folder)
      throws Exception {
    var tls = new SelfSigned(folder).files;
    var yaml =
        "{timeouts: {heartbeat: 500ms}, tls: {certificate: %s, key: %s}}"
            .formatted(tls.certificate(), tls.key());
    tabs.trusting().allow("503");
    try (var secure = RunningTeleprinter.start(yaml)) {
      assertThat(secure.url("/").getScheme()).isEqualTo("https");
      var page = tabs.open(secure.url("/doctor"));
      page.waitForSelector("#state[data-state=good]");
      assertThat(page.getByTestId("doctor-summary").textContent())
          .isEqualTo("Nothing is in the way.");
      assertThat(states(page).values()).containsOnly("good");
      assertThat(says(page, "tabs")).contains("HTTP/2", "Any number of tabs can read.");
      assertThat(page.locator("#tabs .facts").textContent()).startsWith("7 of 7 streams");
    }
  }

  @Test
  void saysSoWhenTheServerIsGone(Tabs tabs) {
    tabs.allow("Failed to load resource");
    try (var mortal = RunningTeleprinter.start()) {
      var page = tabs.phone(360, ColorScheme.DARK).open(mortal.url("/doctor"));
      page.waitForSelector("#delivery[data-state=good]");
      assertThat(ChatPage.isTooWide(page)).isFalse();
      mortal.kill();
      page.waitForSelector("#again:enabled");
      page.getByTestId("doctor-again").click();
      page.getByText("The server does not answer.").waitFor();
    }
  }

  /** What was found, by check. */
  private static Map<String, String> states(Page page) {
    var states = new LinkedHashMap<String, String>();
    for (var check : page.locator("#checks > li").all()) {
      states.put(check.getAttribute("id"), check.getAttribute("data-state"));
    }
    return states;
  }

  private static String says(Page page, String check) {
    return page.locator("#" + check + " .says").textContent();
  }

  private static String cure(Page page, String check) {
    return page.locator("#" + check + " .cure pre").textContent();
  }
}
