// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Teleprinter as its users start it, with its defaults but for what its kind says. Immutable.
 *
 * @param name its name
 * @param program {@code bin/teleprinter} of some checkout
 * @param environment of its process
 * @param kind what is not as by default
 */
record TeleprinterTarget(String name, Path program, Map<String, String> environment, Kind kind)
    implements Target {
  /**
   * What is not as by default. Immutable.
   *
   * @param transport of its readers
   * @param cores where it runs; null for the one core that every server has
   * @param journal where events are kept
   */
  record Kind(Transport transport, @Nullable String cores, Kept journal) {
    static final Kind PLAIN = new Kind(Transport.HTTP1, null, Kept.FORCED_OFTEN);

    static Kind over(Transport transport) {
      return new Kind(transport, null, Kept.FORCED_OFTEN);
    }

    static Kind onCores(String cores) {
      return new Kind(Transport.HTTP1, cores, Kept.FORCED_OFTEN);
    }

    static Kind keeping(Kept journal) {
      return new Kind(Transport.HTTP1, null, journal);
    }
  }

  /** Where events are kept, in words and in options. */
  enum Kept {
    FORCED_OFTEN("on disk, forced every 50 ms"),
    FORCED_FIRST("on disk, forced before it answers", "--durability", "always"),
    IN_MEMORY("in memory", "--data-dir", "memory");

    private final String words;
    private final List<String> options;

    Kept(String words, String... options) {
      this.words = words;
      this.options = List.of(options);
    }
  }

  @Override
  public boolean isRelay() {
    return true;
  }

  @Override
  public boolean resumes() {
    return true;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    var command = new ArrayList<>(List.of(program.toString(), "--port", Integer.toString(port)));
    boolean tls = kind.transport == Transport.HTTP1_TLS || kind.transport == Transport.HTTP2_TLS;
    if (tls) {
      command.addAll(List.of("--config", tlsFile(folder).toString()));
    }
    command.addAll(kind.journal.options);
    var cores = kind.cores == null ? core : kind.cores;
    var process = ServerProcess.start(folder, cores, environment, command);
    process.awaitListening(port, Duration.ofSeconds(180)); // it may have to be built
    return new Started(
        process, new MercureShaped(port, kind.transport, ""), "defaults" + words(cores));
  }

  private static Path tlsFile(Path folder) throws IOException, InterruptedException {
    var certificate = Certificate.in(folder);
    return Files.writeString(
        folder.resolve("teleprinter.yaml"),
        "tls: {certificate: %s, key: %s}\n".formatted(certificate.chain(), certificate.key()));
  }

  private String words(String cores) {
    var over =
        switch (kind.transport) {
          case HTTP1 -> "HTTP/1.1";
          case HTTP1_TLS -> "HTTP/1.1 over TLS 1.3";
          case HTTP2 -> "HTTP/2 by prior knowledge, 500 readers a connection";
          case HTTP2_TLS -> "HTTP/2 over TLS 1.3, 500 readers a connection";
        };
    int loops = cores.split(",").length;
    return ", journal %s, %s, %d event loop%s, JDK %s"
        .formatted(kind.journal.words, over, loops, loops == 1 ? "" : "s", Runtime.version());
  }
}
