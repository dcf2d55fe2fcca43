// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.Cookie;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.json.JsonMapper;

/** The clock's page in a real browser: its own feed, others', and those of other origins. */
@Timeout(120)
@ExtendWith(Chromium.class)
class ClockIT {
  private static final String CLOCK = "/examples/clock";
  private static final DateTimeFormatter BEIJING =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.of("Asia/Shanghai"));
  private static final JsonMapper JSON = new JsonMapper();

  private static RunningTeleprinter teleprinter;

  /** Another origin, which lets pages of the first one read with credentials. */
  private static RunningTeleprinter other;

  @BeforeAll
  static void start() {
    teleprinter = RunningTeleprinter.start();
    other =
        RunningTeleprinter.start(
            "cors: {origins: ['http://127.0.0.1:%d'], credentials: true}"
                .formatted(teleprinter.port()));
  }

  @AfterAll
  static void end() {
    teleprinter.close();
    other.close();
  }

  @Test
  void ticksEveryTwoSecondsAndGreets(Tabs tabs) {
    var page = tabs.open(teleprinter.url(CLOCK));
    page.waitForSelector("#state[data-state=open]");
    page.waitForSelector("tr[data-type=greeting]");
    page.waitForSelector("#events tr:nth-child(6)"); // the first ones may have been before its time
    var rows = rows(page);
    assertThat(rows.stream().map(row -> Integer.parseInt(row.getFirst())))
        .as("a counter")
        .isEqualTo(
            IntStream.range(0, rows.size())
                .mapToObj(i -> Integer.parseInt(rows.getFirst().getFirst()) - i)
                .toList());
    var ticks =
        rows.stream()
            .filter(row -> row.get(1).equals("message"))
            .map(row -> JSON.readTree(row.get(2)))
            .toList();
    for (int i = 0; i < ticks.size(); i++) {
      long seconds = ticks.get(i).path("id").asLong();
      assertThat(ticks.get(i).path("message").asString(""))
          .matches("Good (morning|afternoon|evening), Beijing time " + time(seconds));
      if (i > 0) {
        assertThat(ticks.get(i - 1).path("id").asLong() - seconds).isBetween(1L, 3L);
      }
    }
    assertThat(page.getByTestId("clock-time").textContent()).matches("\\d\\d:\\d\\d:\\d\\d");
    assertThat(page.getByTestId("clock-last-id").textContent())
        .isEqualTo(rows.getFirst().getFirst());
  }

  @Test
  void ignoresWhatIsNoTickAndWhatIsNotTheFeeds(Tabs tabs) throws Exception {
    var hub = teleprinter.url("/.well-known/mercure");
    Api.curl(hub, "topic=ticks", "id=1", "data=null");
    Api.curl(hub, "topic=ticks", "id=2", "data={\"id\": 7,\n \"message\": \"<b>at 12:34:56</b>\"}");
    Api.curl(hub, "topic=ticks", "id=3", "data=no JSON");
    var page = tabs.blank();
    page.addInitScript(
        """
        const Native = EventSource;
        EventSource = class extends Native {
          constructor(...all) {
            super(...all);
            globalThis.source = this;
          }
        };\
        """);
    var feed = "/.well-known/mercure?topic=ticks%26last_event_id=earliest";
    tabs.go(page, teleprinter.url(CLOCK + "?feed=" + feed));
    page.waitForSelector("#events tr:nth-child(3)");
    assertThat(page.getByTestId("clock-ignored").textContent()).isEqualTo("2");
    assertThat(page.getByTestId("clock-count").textContent()).isEqualTo("1");
    assertThat(page.getByTestId("clock-time").textContent()).isEqualTo("12:34:56");
    assertThat(page.getByTestId("clock-greeting").textContent()).isEqualTo("<b>at 12:34:56</b>");
    page.evaluate(
        """
        () => source.dispatchEvent(new MessageEvent('message',
          { data: '{"id": 8, "message": "forged"}', origin: 'https://evil.example', lastEventId: '9' }))\
        """);
    assertThat(page.getByTestId("clock-ignored").textContent()).isEqualTo("3");
    assertThat(page.locator("#events tr").first().getAttribute("title"))
        .isEqualTo("Ignored: came from https://evil.example");
  }

  @Test
  void readsAnotherOriginWithCredentialsWhereThatIsAllowed(Tabs tabs) {
    var feed = other.url(CLOCK + "/feed");
    tabs.allow("request to " + feed);
    tabs.context().addCookies(List.of(new Cookie("who", "me").setUrl(other.url("/").toString())));
    var page = tabs.blank();
    var request =
        page.waitForRequest(
            feed.toString(), () -> tabs.go(page, clock("127.0.0.1", feed, "&credentials=1")));
    assertThat(request.allHeaders()).containsEntry("cookie", "who=me");
    page.waitForSelector("#state[data-state=open]");
    page.waitForSelector("#events tr");
    assertThat(page.getByTestId("clock-ignored").textContent()).isEqualTo("0");
  }

  @Test
  void isRefusedByAnotherOriginThatDoesNotAllowIt(Tabs tabs) {
    tabs.allow("CORS policy").allow("Failed to load resource").allow("request to");
    var stranger = tabs.open(clock("localhost", other.url(CLOCK + "/feed"), ""));
    stranger.waitForSelector("#state[data-state=failed]");
    var toStranger = tabs.open(clock("localhost", teleprinter.url(CLOCK + "/feed"), ""));
    toStranger.waitForSelector("#state[data-state=failed]");
    assertThat(toStranger.getByTestId("clock-problem").textContent()).contains("refused");
    assertThat(toStranger.getByTestId("clock-count").textContent()).isEqualTo("0");
  }

  @Test
  void saysThatABrowserHasNoEventSource(Tabs tabs) {
    var page = tabs.blank();
    page.addInitScript("delete globalThis.EventSource");
    tabs.go(page, teleprinter.url(CLOCK));
    page.waitForSelector("#state[data-state=unsupported]");
    assertThat(page.getByTestId("clock-problem").textContent()).contains("no EventSource");
  }

  private static URI clock(String host, URI feed, String more) {
    return URI.create("http://" + host + ":" + teleprinter.port() + CLOCK + "?feed=" + feed + more);
  }

  private static String time(long seconds) {
    return BEIJING.format(Instant.ofEpochSecond(seconds));
  }

  /** The events on the page, newest first: id, type, data. */
  private static List<List<String>> rows(Page page) {
    return page.locator("#events tr").all().stream()
        .map(row -> row.locator("td").allTextContents())
        .toList();
  }
}
