// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test its own {@link Tabs} in the system's Chromium, of which one serves all tests, or a
 * {@link Site} with the program too. Where {@code chromium} or {@code node} (which drives it) is
 * missing the tests are skipped and say so; with {@code CI=true} that is an error. Confined to one
 * thread.
 */
final class Chromium implements ExecutionCondition, ParameterResolver {
  private static final Namespace SPACE = Namespace.create(Chromium.class);
  private static final List<String> NEEDED = List.of("chromium", "node");

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    var missing = NEEDED.stream().filter(program -> onPath(program) == null).toList();
    if (missing.isEmpty()) {
      return ConditionEvaluationResult.enabled("chromium is there");
    }
    var why = "no browser tests: not on the PATH: " + String.join(", ", missing);
    if ("true".equals(System.getenv("CI"))) {
      throw new IllegalStateException(why);
    }
    System.err.println(context.getDisplayName() + ": " + why);
    return ConditionEvaluationResult.disabled(why);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    var type = parameter.getParameter().getType();
    return type == Tabs.class || type == Site.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    var one =
        context
            .getRoot()
            .getStore(SPACE)
            .computeIfAbsent(Running.class, _ -> Running.start(), Running.class);
    var tabs = new Tabs(one.browser);
    context.getStore(SPACE).put(Tabs.class, tabs); // closed, and so checked, after the test
    return parameter.getParameter().getType() == Tabs.class
        ? tabs
        : new Site(served(context), tabs);
  }

  /** What all tests of a class share: in its store, and closed with it. */
  private static Site.Served served(ExtensionContext context) {
    var all = context;
    while (all.getTestMethod().isPresent()) {
      all = all.getParent().orElseThrow();
    }
    return all.getStore(SPACE)
        .computeIfAbsent(Site.Served.class, _ -> Site.serve(), Site.Served.class);
  }

  private record Running(Playwright playwright, Browser browser) implements AutoCloseable {
    static Running start() {
      var environment =
          Map.of(
              "PLAYWRIGHT_NODEJS_PATH",
              String.valueOf(onPath("node")),
              "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD",
              "1");
      var playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment));
      var options =
          new BrowserType.LaunchOptions()
              .setExecutablePath(onPath("chromium"))
              .setHeadless(true)
              .setArgs(
                  List.of(
                      "--disable-gpu",
                      "--disable-quic",
                      "--no-first-run",
                      "--disable-background-networking",
                      "--disable-component-update",
                      "--disable-sync"));
      return new Running(playwright, playwright.chromium().launch(options));
    }

    @Override
    public void close() {
      browser.close();
      playwright.close();
    }
  }

  private static @Nullable Path onPath(String program) {
    var folders = System.getenv().getOrDefault("PATH", "").split(File.pathSeparator);
    return Arrays.stream(folders)
        .flatMap(folder -> Stream.of(Path.of(folder, program)))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}
