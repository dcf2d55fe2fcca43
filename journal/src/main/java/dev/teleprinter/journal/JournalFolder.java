// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A journal's folder as a person looks at it whose server is stopped or will not start: what is in
 * it, what is broken, and the events themselves. Changes nothing, but locks the folder while it
 * looks. Confined to one thread.
 */
public final class JournalFolder implements AutoCloseable {
  private final Folder folder;

  private JournalFolder(Folder folder) {
    this.folder = folder;
  }

  /**
   * Opens the folder.
   *
   * @throws UnusableFolderException when a server uses it
   */
  public static JournalFolder open(Path directory) {
    return new JournalFolder(DiskFolder.lookAt(directory));
  }

  /**
   * One file. Immutable.
   *
   * @param first no event in it has a lesser sequence
   * @param last its last event
   * @param bytes its size
   * @param topics topics that it has something of
   * @param events events in it, one in two topics counted twice
   */
  public record FileSummary(
      String name, long first, long last, long bytes, int topics, long events) {}

  /**
   * One topic. Immutable.
   *
   * @param events events on the disk, before retention is applied
   * @param bytes their wire bytes
   * @param latest its last event's sequence
   */
  public record TopicSummary(String name, long events, long bytes, long latest, boolean closed) {}

  /**
   * All of it. Immutable.
   *
   * @param epoch null when there is no journal
   * @param stopped whether its server was stopped, not killed
   * @param findings what is broken or missing, a sentence each
   */
  public record Summary(
      @Nullable String epoch,
      long latest,
      boolean stopped,
      List<FileSummary> files,
      List<TopicSummary> topics,
      List<String> findings) {}

  /** {@return what a start would find} Reads indexes, and whole files that have none. */
  public Summary summary() {
    try {
      return summary(Recovery.read(folder, memory(), false), new ArrayList<>());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the same, after checking every byte of every file} */
  public Summary verify() {
    try {
      var findings = new ArrayList<String>();
      for (var name : folder.names()) {
        if (FileHeader.firstOf(name) >= 0) {
          verify(name, findings);
        }
      }
      return summary(Recovery.read(folder, memory(), false), findings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An account of its own: whoever looks at a folder serves nobody. */
  private static TopicMemory memory() {
    return new TopicMemory(MemoryBudget.ofHeap(Runtime.getRuntime().maxMemory()));
  }

  private void verify(String name, List<String> findings) throws IOException {
    try (var file = folder.open(name)) {
      var header = header(file);
      if (header == null) {
        return; // a start says so
      }
      var scan =
          Scans.scan(
              file,
              header,
              (from, to) ->
                  findings.add("%s: bytes %d to %d do not check".formatted(name, from, to)),
              (_, _, _) -> {});
      for (var hole : scan.index().holes()) {
        findings.add("%s: sequences %d to %d may be lost".formatted(name, hole[0], hole[1]));
      }
      if (scan.end() < file.size()) {
        findings.add(
            "%s: its last %d bytes do not check; they are cut when it is the newest file"
                .formatted(name, file.size() - scan.end()));
      }
    }
  }

  private static @Nullable FileHeader header(Folder.Handle file) throws IOException {
    var bytes = ByteBuffer.allocate(FileHeader.BYTES);
    try {
      return file.read(bytes, 0) ? FileHeader.decode(bytes) : null;
    } catch (FileHeader.ForeignException e) {
      return null;
    }
  }

  private Summary summary(Recovery.Found found, List<String> findings) throws IOException {
    var files = new ArrayList<FileSummary>();
    for (var file : found.set().files()) {
      files.add(summary(file));
    }
    var topics = new ArrayList<TopicSummary>();
    for (var topic : found.topics().values()) {
      topics.add(
          new TopicSummary(
              topic.name,
              topic.appended - topic.trimmed,
              topic.bytes,
              topic.latest,
              topic.isClosed()));
    }
    topics.sort((a, b) -> a.name.compareTo(b.name));
    for (var finding : found.findings()) {
      if (!findings.contains(finding)) {
        findings.add(finding);
      }
    }
    return new Summary(
        found.epoch(), found.latest(), found.stopped(), files, topics, List.copyOf(findings));
  }

  private static FileSummary summary(JournalFile file) throws IOException {
    var stretches = new ArrayList<Stretch>();
    switch (file.index) {
      case OpenIndex open -> open.forEach(stretches::add);
      case SealedIndex sealed -> sealed.forEach(stretches::add);
    }
    long events = stretches.stream().mapToLong(Stretch::count).sum();
    long topics = stretches.stream().map(Stretch::topic).distinct().count();
    return new FileSummary(
        file.name(), file.header.first(), file.lastSequence, file.bytes, (int) topics, events);
  }

  /** An event as it is in a file. Immutable. */
  public record Exported(long sequence, long millis, List<String> topics, Event event) {}

  /** Shows every event that can be read, in sequence, trimmed or not. */
  public void export(Consumer<Exported> visitor) {
    try {
      for (var name : folder.names()) {
        if (FileHeader.firstOf(name) >= 0) {
          export(name, visitor);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void export(String name, Consumer<Exported> visitor) throws IOException {
    try (var file = folder.open(name)) {
      var header = header(file);
      if (header == null) {
        return;
      }
      var scanner =
          new RecordScanner(
              file, new Checksum(header.salt()), FileHeader.BYTES, Math.max(0, header.first() - 1));
      for (var record = scanner.next(); record != null; record = scanner.next()) {
        if (record.kind == Records.Kind.EVENT) {
          var topics = new ArrayList<String>();
          record.forEachTopic((topic, _) -> topics.add(topic));
          visitor.accept(
              new Exported(record.sequence(), record.millis(), topics, decoded(record.block())));
        }
      }
    }
  }

  private static Event decoded(ByteBuffer block) {
    var events = new ArrayList<Event>(1);
    new EventDecoder(events::add, block.remaining()).feed(block);
    return events.get(0);
  }

  @Override
  public void close() {
    folder.close();
  }
}
