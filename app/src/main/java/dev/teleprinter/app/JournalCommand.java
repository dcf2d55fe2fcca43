// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.JournalFolder;
import dev.teleprinter.journal.UnusableFolderException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/**
 * Looks into the journal of a server that is stopped, or will not start. Changes nothing.
 * Stateless.
 */
final class JournalCommand {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int TOPICS_SHOWN_MAX = 50;

  private JournalCommand() {}

  /** What to do. */
  enum Action {
    INSPECT,
    VERIFY,
    EXPORT
  }

  /** {@return the exit status: 0, 1 when something is broken, 2 when it cannot look} */
  static int run(Action action, Path dataDir, PrintStream out, PrintStream err) {
    var directory = dataDir.resolve("journal");
    if (!Files.isDirectory(directory)) {
      err.println(
          "teleprinter: " + directory + ": no such directory (expected: --data-dir of a server)");
      return 2;
    }
    try (var journal = JournalFolder.open(directory)) {
      return switch (action) {
        case INSPECT -> print(journal.summary(), out);
        case VERIFY -> findings(journal.verify(), out);
        case EXPORT -> export(journal, out);
      };
    } catch (UnusableFolderException e) {
      err.println("teleprinter: " + e.getMessage());
      return 2;
    } catch (UncheckedIOException e) {
      err.println("teleprinter: " + directory + ": cannot be read: " + e.getCause());
      return 2;
    }
  }

  private static int print(JournalFolder.Summary summary, PrintStream out) {
    var epoch = summary.epoch();
    if (epoch == null) {
      out.println("no journal yet");
      return findings(summary.findings(), out);
    }
    out.printf(
        "epoch %s, latest sequence %d, %s%n",
        epoch, summary.latest(), summary.stopped() ? "stopped" : "killed, or in use when copied");
    for (var file : summary.files()) {
      out.printf(
          "%s  %,13d bytes  sequences %d to %d  %,d events of %,d topics%n",
          file.name(), file.bytes(), file.first(), file.last(), file.events(), file.topics());
    }
    summary.topics().stream()
        .limit(TOPICS_SHOWN_MAX)
        .forEach(topic ->
            out.printf(
                "%s  %,d events, %,d bytes, latest %d%s%n",
                topic.name(),
                topic.events(),
                topic.bytes(),
                topic.latest(),
                topic.closed() ? ", closed" : ""));
    if (summary.topics().size() > TOPICS_SHOWN_MAX) {
      out.printf("and %,d topics more%n", summary.topics().size() - TOPICS_SHOWN_MAX);
    }
    return findings(summary.findings(), out);
  }

  private static int findings(JournalFolder.Summary summary, PrintStream out) {
    long bytes = summary.files().stream().mapToLong(JournalFolder.FileSummary::bytes).sum();
    out.printf("%d files, %,d bytes read%n", summary.files().size(), bytes);
    return findings(summary.findings(), out);
  }

  private static int findings(List<String> findings, PrintStream out) {
    findings.forEach(finding -> out.println("BROKEN  " + finding));
    out.println(findings.isEmpty() ? "nothing is broken" : findings.size() + " findings");
    return findings.isEmpty() ? 0 : 1;
  }

  /** A line of JSON for each event: to be read by another program, or published again. */
  private static int export(JournalFolder journal, PrintStream out) {
    journal.export(exported -> {
      var event = exported.event();
      var line = JSON.createObjectNode();
      line.put("sequence", exported.sequence());
      line.put("time", Instant.ofEpochMilli(exported.millis()).toString());
      var topics = line.putArray("topics");
      exported.topics().forEach(topics::add);
      line.put("id", event.id());
      line.put("type", event.type());
      if (event.retry() != null) {
        line.put("retry", event.retry());
      }
      line.put("data", event.data());
      out.println(JSON.writeValueAsString(line));
    });
    return 0;
  }
}
