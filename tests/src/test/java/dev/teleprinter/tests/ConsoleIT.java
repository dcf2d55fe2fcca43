// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Locator.WaitForOptions;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.net.URI;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The page {@code /console} over the running program. */
@Timeout(120)
@ExtendWith(Chromium.class)
class ConsoleIT {
  private static RunningTeleprinter teleprinter;
  private static URI hub;

  @BeforeAll
  static void start() {
    teleprinter = RunningTeleprinter.start();
    hub = teleprinter.url("/.well-known/mercure");
  }

  @AfterAll
  static void end() {
    teleprinter.close();
  }

  @Test
  void showsTopicsAndTheirEventsAsTheyCome(Tabs tabs) throws Exception {
    Api.curl(hub, "topic=orders/7", "type=status", "data={\"paid\": <b>true</b>}");
    var page = open(tabs);
    choose(page, "orders/7");
    var tail = page.getByTestId("tail").locator("li");
    tail.nth(0).waitFor();
    assertThat(tail.nth(0).textContent()).contains("status", "21 B", "{\"paid\": <b>true</b>}");
    page.locator("[data-testid=tail-state][data-state=open]").waitFor();
    Api.curl(hub, "topic=orders/7", "data=second");
    page.getByTestId("tail").locator("li >> nth=1").waitFor();
    assertThat(tail.nth(0).textContent()).contains("message", "second");
    row(page, "topics", "orders/7").locator("td:nth-child(3):text-is('2')").waitFor();
    page.getByTestId("filter").fill("NOTHING");
    page.getByText("None has this in its name.").waitFor();
    page.getByTestId("filter").fill("ORDERS");
    row(page, "topics", "orders/7").waitFor();
  }

  @Test
  void publishesAndClosesATopic(Tabs tabs) {
    var page = open(tabs);
    page.getByTestId("publish-topic").fill("parcels/1");
    page.getByTestId("publish-data").fill("line 1\n第二行");
    page.getByTestId("publish-send").click();
    page.locator("[data-testid=published][data-state=good]").waitFor();
    page.getByTestId("tail").getByText("第二行").waitFor();
    page.getByTestId("topic-end").click();
    page.getByTestId("topic-end").click(); // the first press asks
    page.getByText("The end: the topic is closed").waitFor();
    row(page, "topics", "parcels/1").locator("td:text-is('closed')").waitFor();
    page.getByTestId("topic-end").waitFor(hidden());
    tabs.allow("403");
    page.getByTestId("publish-topic").fill("resp_forged");
    page.getByTestId("publish-send").click();
    page.locator("[data-testid=published][data-state=bad]").waitFor();
    assertThat(page.getByTestId("published").textContent()).contains("resp_forged");
  }

  @Test
  void catchesUpFromAnIdAndGivesAFile(Tabs tabs) throws Exception {
    for (int i = 1; i <= 3; i++) {
      Api.publish(hub, "topic=parts", "id=part-" + i, "data=第" + i);
    }
    Api.publish(hub, "topic=others", "data=x");
    var page = open(tabs);
    choose(page, "parts");
    page.getByTestId("tail").locator("li >> nth=2").waitFor();
    page.getByTestId("from").selectOption("id");
    page.getByTestId("from-id").fill("part-2");
    page.getByTestId("from-id").press("Enter");
    page.getByTestId("tail").locator("li:only-child").getByText("第3").waitFor();
    var file = page.waitForDownload(() -> page.getByTestId("download").click());
    var lines = Files.readAllLines(file.path());
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst()).contains("第1");
    var reader = row(page, "readers", "/console/feed");
    reader.waitFor();
    page.getByTestId("only").check();
    reader.waitFor(hidden());
    row(page, "readers", "parts").waitFor(); // this page's own tail
    assertThat(page.getByTestId("tile-disk").textContent()).endsWith("B");
    Api.publish(hub, "topic=parts", "data=4"); // to be forced, and delivered to the tail
    page.locator("[data-testid=tile-delay]:text-matches('[0-9] (µs|ms)')").waitFor();
    page.locator("[data-testid=tile-force]:text-matches('[0-9] (µs|ms)')").waitFor();
  }

  @Test
  void showsWhoReadsAndShedsOne(Tabs tabs) {
    var page = open(tabs);
    var reader = tabs.open(teleprinter.url("/examples/clock"));
    reader.waitForSelector("#events tr");
    var row = row(page, "readers", "/examples/clock");
    row.locator("td:text-is('HTTP/1.1')").waitFor();
    row.locator("td:nth-child(3):text-matches('^Chrome [0-9]+$')").waitFor();
    row.locator("td:nth-child(6):text-is('0')").waitFor(); // behind
    var from = row.locator("td").first().textContent();
    tabs.allow("ERR_INCOMPLETE_CHUNKED_ENCODING");
    row.getByRole(AriaRole.BUTTON).click();
    row.getByRole(AriaRole.BUTTON).click();
    reader.waitForSelector("#state[data-state=reconnecting]");
    page.getByTestId("tiles").getByText("1 of them shed").waitFor();
    reader.waitForSelector("#state[data-state=open]"); // it resumes by its id
    page.getByText(from).waitFor(hidden());
  }

  @Test
  void savesAFileThatComesInSeveralPagesAndShowsWhoHoldsMemory(Tabs tabs) throws Exception {
    for (int i = 0; i < 5; i++) {
      Api.publish(hub, "topic=large", "data=" + i + "x".repeat(700_000));
    }
    var page = open(tabs);
    choose(page, "large");
    var file = page.waitForDownload(() -> page.getByTestId("download").click());
    assertThat(file.suggestedFilename()).isEqualTo("large.ndjson");
    var lines = Files.readAllLines(file.path());
    assertThat(lines).hasSize(5);
    for (int i = 0; i < 5; i++) {
      assertThat(lines.get(i)).contains("\"data\":\"" + i + "xxx");
    }
    page.getByTestId("download").and(page.getByText("Download", exactly())).waitFor();
    assertThat(page.getByTestId("memory-sum").textContent())
        .matches("[0-9.]+ (B|KiB|MiB) of [0-9.]+ (MiB|GiB) reserved, [0-9.]+ (MiB|GiB) free");
    // What this page itself subscribes to.
    page.locator("[data-testid=memory-requests]:text-matches('^[1-9]')").waitFor();
    assertThat(page.getByTestId("memory-declined").textContent()).isEqualTo("nothing declined");
  }

  private static Page.GetByTextOptions exactly() {
    return new Page.GetByTextOptions().setExact(true);
  }

  @Test
  void showsTheConfigurationAndFitsAPhone(Tabs tabs) {
    var page = open(tabs.phone(360, ColorScheme.DARK));
    page.locator("summary").click();
    page.getByTestId("configuration").getByText("heartbeat: 15s").waitFor();
    assertThat(ChatPage.isTooWide(page)).isFalse();
  }

  @Test
  void isClosedToWhoComesThroughAProxy(Tabs tabs) {
    tabs.allow("403").allow("MIME");
    try (var nginx =
        Nginx.before(teleprinter.port(), "proxy_set_header X-Forwarded-For $remote_addr;")) {
      var page = tabs.open(nginx.url("/console"));
      page.locator("[data-testid=console-state][data-state=bad]").waitFor();
      assertThat(page.getByTestId("console-problem").textContent()).contains("X-Forwarded-For");
      assertThat(page.getByTestId("topics").locator("tr").count()).isZero();
    }
  }

  private static Page open(Tabs tabs) {
    var page = tabs.open(teleprinter.url("/console"));
    page.locator("[data-testid=console-state][data-state=open]").waitFor();
    return page;
  }

  private static void choose(Page page, String topic) {
    row(page, "topics", topic).locator("button").click();
    page.locator("#topic-title:text-is('" + topic + "')").waitFor();
  }

  private static Locator row(Page page, String table, String text) {
    return page.getByTestId(table).locator("tr", new Locator.LocatorOptions().setHasText(text));
  }

  private static WaitForOptions hidden() {
    return new WaitForOptions().setState(WaitForSelectorState.HIDDEN);
  }
}
