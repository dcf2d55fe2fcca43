// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator.WaitForOptions;
import com.microsoft.playwright.options.WaitForSelectorState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The chat page while the server goes away under it. */
@Timeout(180)
@ExtendWith(Chromium.class)
class ChatFaultsIT {
  @Test
  void saysThatAnAnswerDiedWithTheServerAndKeepsItsText(Tabs tabs) {
    tabs.allow("Failed to load resource");
    try (var first = RunningTeleprinter.start("data_dir: memory")) {
      var chat = new ChatPage(tabs.open(first.url("/")));
      chat.ask("demo", "What is this?").awaitShown("over plain");
      first.kill();
      chat.awaitConnection("reconnecting");
      assertThat(chat.get("alert").textContent()).contains("reconnecting");
      var kept = chat.text();
      assertThat(chat.get("answer").getAttribute("data-status")).isEqualTo("printing");
      try (var second = first.again()) {
        chat.awaitStatus("lost").awaitConnection("ready");
        assertThat(chat.text()).isEqualTo(kept);
        assertThat(chat.shown()).contains("over plain");
        assertThat(chat.page.locator(".note").textContent())
            .contains("The server no longer has this answer. What had arrived is kept.");
        chat.get("alert").waitFor(new WaitForOptions().setState(WaitForSelectorState.HIDDEN));
        chat.get("retry").click();
        chat.awaitShown("This is Teleprinter");
        second.kill();
      }
    }
  }

  @Test
  void saysThatAnAnswerWasInterruptedWithTheServer(Tabs tabs) {
    tabs.allow("Failed to load resource");
    try (var first = RunningTeleprinter.start()) {
      var chat = new ChatPage(tabs.open(first.url("/")));
      chat.ask("demo", "What is this?").awaitShown("over plain");
      first.kill();
      chat.awaitConnection("reconnecting");
      try (var second = first.again()) {
        chat.awaitStatus("failed").awaitConnection("ready");
        assertThat(chat.shown()).contains("over plain");
        second.kill();
      }
    }
  }

  @Test
  void getsTheWholeAnswerFromAServerThatIsAskedToStop(Tabs tabs) {
    tabs.allow("Failed to load resource");
    try (var teleprinter = RunningTeleprinter.start()) {
      var chat = new ChatPage(tabs.open(teleprinter.url("/")));
      chat.ask("demo", "hi").awaitShown("Hello!");
      teleprinter.terminate();
      chat.awaitStatus("completed");
      assertThat(chat.shown()).endsWith("and nothing will be missing. 🖨️");
    }
  }
}
