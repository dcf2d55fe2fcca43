// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One person's browser: tabs that share cookies and storage. It notes whatever no page of ours may
 * do: errors and warnings in the console (a violation of the content security policy is one),
 * exceptions, requests to another origin than those visited. Closing fails if it noted any that the
 * test did not {@link #allow}. Confined to one thread.
 */
final class Tabs implements AutoCloseable {
  private static final int PATIENCE_MS = 30_000;

  private final Browser browser;
  private final List<BrowserContext> contexts = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();
  private final List<Pattern> allowed = new ArrayList<>();
  private final Set<String> origins = new HashSet<>();
  private NewContextOptions options =
      new NewContextOptions().setLocale("en-US").setViewportSize(1280, 800);

  Tabs(Browser browser) {
    this.browser = browser;
  }

  /** A phone, for all tabs opened from now on in a new browser of their own. */
  Tabs phone(int width, ColorScheme colours) {
    options =
        new NewContextOptions()
            .setLocale("en-US")
            .setViewportSize(width, 780)
            .setIsMobile(true)
            .setHasTouch(true)
            .setColorScheme(colours);
    contexts.clear();
    return this;
  }

  /** Takes any certificate, in tabs opened from now on. */
  Tabs trusting() {
    options = options.setIgnoreHTTPSErrors(true);
    return this;
  }

  /** Complaints that match are what the test is about. */
  Tabs allow(String regex) {
    allowed.add(Pattern.compile(regex));
    return this;
  }

  /** A new tab, still blank. */
  Page blank() {
    return context().newPage();
  }

  /** A new tab at an address, whose origin may then be asked. */
  Page open(URI address) {
    return go(blank(), address);
  }

  /** Goes there. */
  Page go(Page page, URI address) {
    origins.add(origin(address.toString()));
    page.navigate(address.toString());
    return page;
  }

  /** What is shared by the tabs. */
  BrowserContext context() {
    if (contexts.isEmpty()) {
      var context = browser.newContext(options);
      context.setDefaultTimeout(PATIENCE_MS);
      context.onConsoleMessage(message -> {
        if (message.type().equals("error") || message.type().equals("warning")) {
          complaints.add(message.type() + ": " + message.text());
        }
      });
      context.onWebError(error -> complaints.add("exception: " + error.error()));
      context.onRequest(request -> {
        var url = request.url();
        if (url.startsWith("http") && !origins.contains(origin(url))) {
          complaints.add("request to " + url);
        }
      });
      contexts.add(context);
    }
    return contexts.getFirst();
  }

  private static String origin(String url) {
    var uri = URI.create(url.replaceFirst("[?#].*", ""));
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  @Override
  public void close() {
    contexts.forEach(BrowserContext::close);
    complaints.removeIf(what -> allowed.stream().anyMatch(p -> p.matcher(what).find()));
    if (!complaints.isEmpty()) {
      throw new AssertionError("the pages must not: " + String.join("\n", complaints));
    }
  }
}
