// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.tests.ChatScript.PATH;

import com.microsoft.playwright.Page;
import dev.teleprinter.openai.ScriptedUpstream;
import dev.teleprinter.openai.ScriptedUpstream.Script;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;

/**
 * The running program, a scripted model behind it, and a browser of the test's own: what a test of
 * the pages asks for as its parameter. Program and model serve all tests of a class. Confined to
 * one thread.
 */
record Site(Served served, Tabs tabs) {
  /** Starts it all; {@link Chromium} calls this once for a class. */
  static Served serve() {
    try {
      var upstream = new ScriptedUpstream();
      return new Served(upstream, RunningTeleprinter.start(ChatScript.config(upstream)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the model says when it is next asked. */
  Site answers(Script reply) {
    served.upstream.on(PATH, reply);
    return this;
  }

  /** The last question that the model was asked, as it came. */
  String asked() {
    return served.upstream.requests().getLast().body();
  }

  URI url(String path) {
    return served.teleprinter.url(path);
  }

  /** A new tab at a path of the program. */
  Page open(String path) {
    return tabs.open(url(path));
  }

  /** A new tab with the chat page. */
  ChatPage chat() {
    return new ChatPage(open("/"));
  }

  record Served(ScriptedUpstream upstream, RunningTeleprinter teleprinter)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      teleprinter.close();
      upstream.close();
    }
  }
}
