// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.DiskConfig;
import dev.teleprinter.journal.Durability;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.JournalConfig.Rule;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.mercure.MercureConfig;
import dev.teleprinter.openai.OpenAiConfig;
import dev.teleprinter.openai.UpstreamConfig;
import dev.teleprinter.server.LocalAccess;
import dev.teleprinter.server.ServerConfig;
import dev.teleprinter.server.ServerConfig.Cors;
import dev.teleprinter.server.ServerConfig.Limits;
import dev.teleprinter.server.ServerConfig.Timeouts;
import dev.teleprinter.server.ServerConfig.TlsFiles;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything the program was told, checked. The command line beats the environment, which beats the
 * configuration file, which beats the defaults. Immutable.
 *
 * @param server the listener
 * @param journal what is kept
 * @param mercure the hub
 * @param openAi the OpenAI API and its upstreams
 * @param access whom anything is served without keys and tokens
 * @param dataDir where data is kept, null for in memory
 * @param disk how the disk is used
 */
record Settings(
    ServerConfig server,
    JournalConfig journal,
    MercureConfig mercure,
    OpenAiConfig openAi,
    LocalAccess access,
    @Nullable Path dataDir,
    DiskConfig disk) {
  private static final String IN_MEMORY = "memory";
  private static final String MEMORY = "memory"; // a key
  private static final String AUTO = "auto";
  static final String DATA_DIR = "data";
  private static final Pattern ORIGIN = Pattern.compile("https?://[^/?#@\\s*]+");

  /**
   * Reads them.
   *
   * @throws UsageException with what is wrong, and where
   */
  static Settings read(ServeOptions options, Map<String, String> environment) {
    var given = new Given(environment);
    var config = given.value("--config", options.config(), "TELEPRINTER_CONFIG", null);
    var file = config == null ? Section.of("", null) : ConfigFile.read(path("--config", config));
    var defaults = ServerConfig.defaults();
    var host = given.value("--host", options.host(), "TELEPRINTER_HOST", file.text("host"));
    var port = given.value("--port", options.port(), "TELEPRINTER_PORT", file.text("port"));
    var dataDir =
        given.value("--data-dir", options.dataDir(), "TELEPRINTER_DATA_DIR", file.text("data_dir"));
    var durability =
        given.value(
            "--durability",
            options.durability(),
            "TELEPRINTER_DURABILITY",
            file.text("durability"));
    try {
      var server =
          defaults
              .withHost(host == null ? defaults.host() : host)
              .withPort(port == null ? defaults.port() : port(port))
              .withTimeouts(timeouts(file.section("timeouts")))
              .withCors(cors(file.section("cors")))
              .withTls(tls(folder(config), file.section("tls")));
      var limits = file.section("limits");
      var access = new LocalAccess(options.insecure(), server.cors().origins());
      var mercure = mercure(limits).withAccess(access);
      var settings =
          new Settings(
              server.withLimits(limits(limits)),
              journal(limits, file.section("retention"), mercure.eventBytesMax()),
              mercure,
              new AnswerSettings(folder(config), environment).read(file),
              access,
              dataDir(dataDir),
              DiskConfig.defaults().withDurability(durability(durability)));
      limits.end();
      file.end();
      requireSafe(server.host(), options.insecure());
      return settings;
    } catch (IllegalArgumentException e) { // of a config record: values that do not go together
      throw new UsageException((config == null ? "" : config + ": ") + e.getMessage());
    }
  }

  private static @Nullable Path dataDir(@Nullable String given) {
    if (given == null) {
      return Path.of(DATA_DIR);
    }
    return given.equals(IN_MEMORY) ? null : path("--data-dir", given);
  }

  private static Durability durability(@Nullable String given) {
    return switch (given) {
      case null -> DiskConfig.defaults().durability();
      case "always" -> Durability.ALWAYS;
      case "interval" -> Durability.INTERVAL;
      case "os" -> Durability.OS;
      default ->
          throw new UsageException("durability: " + given + " (expected: always, interval or os)");
    };
  }

  private static Path folder(@Nullable String config) {
    var parent = config == null ? null : Path.of(config).getParent();
    return parent == null ? Path.of("") : parent;
  }

  /** Both files or neither; relative ones are looked for beside the configuration file. */
  private static @Nullable TlsFiles tls(Path folder, Section tls) {
    var certificate = tls.text("certificate");
    var key = tls.text("key");
    tls.end();
    if (certificate == null && key == null) {
      return null;
    }
    if (certificate == null || key == null) {
      throw new UsageException("tls: one file (expected: certificate and key, PEM files)");
    }
    return new TlsFiles(
        folder.resolve(path("tls.certificate", certificate)), folder.resolve(path("tls.key", key)));
  }

  private static int port(String text) {
    if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65_535) {
      throw new UsageException("port: " + text + " (expected: 0 to 65535)");
    }
    return Integer.parseInt(text);
  }

  private static Path path(String option, String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new UsageException(option + ": " + text + " (expected: a path)");
    }
  }

  private static Limits limits(Section limits) {
    var defaults = Limits.defaults();
    return new Limits(
        limits.integer("connections", defaults.connectionsMax()),
        limits.integer("connections_per_address", defaults.connectionsPerAddressMax()),
        limits.integer("streams_per_connection", defaults.streamsPerConnectionMax()),
        limits.arrayBytes("request_head", defaults.requestHeadBytesMax()),
        limits.arrayBytes("request_body", defaults.requestBodyBytesMax()),
        defaults.deliverBytesMax());
  }

  private static MercureConfig mercure(Section limits) {
    var defaults = MercureConfig.defaults();
    return defaults
        .withTopicsMax(limits.integer("topics_per_request", defaults.topicsMax()))
        .withEventBytesMax(limits.arrayBytes("event", defaults.eventBytesMax()))
        .withReadOnlyPrefixes(App.OWN_TOPICS);
  }

  private static Timeouts timeouts(Section timeouts) {
    var defaults = Timeouts.defaults();
    var read =
        new Timeouts(
            timeouts.time("request", defaults.request()),
            timeouts.time("keep_alive", defaults.keepAlive()),
            timeouts.time("heartbeat", defaults.heartbeat()),
            timeouts.time("write", defaults.write()),
            timeouts.time("connection_age", defaults.connectionAge()),
            timeouts.time("drain", defaults.drain()));
    timeouts.end();
    return read;
  }

  private static Cors cors(Section cors) {
    var origins = cors.texts("origins", List.of());
    for (var origin : origins) {
      if (!origin.equals("*") && !ORIGIN.matcher(origin).matches()) {
        throw cors.refused(
            "origins", origin + " (expected: origins such as https://example.org, or *)");
      }
    }
    var read = new Cors(origins, cors.flag("credentials", false));
    cors.end();
    return read;
  }

  private static JournalConfig journal(Section limits, Section retention, int eventBytes) {
    var defaults = JournalConfig.defaults();
    var general = retention(retention, defaults.retention());
    var rules = new ArrayList<Rule>();
    for (var rule : retention.sections("rules")) {
      var topic = rule.text("topic");
      if (topic == null) {
        throw rule.refused("topic", "missing (expected: a topic, * for any text in it)");
      }
      rules.add(new Rule(topic, retention(rule, general)));
      rule.end();
    }
    rules.add(new Rule(ClockFeed.TOPIC, ClockFeed.RETENTION));
    rules.add(new Rule(DoctorFeeds.TOPICS + "*", DoctorFeeds.RETENTION));
    retention.end();
    int frameBytes = Math.max(defaults.frameBytesMax(), 2 * eventBytes); // line ends take room
    return defaults
        .withMemoryBytesMax(memory(limits))
        .withTopicsMax(limits.integer("topics", defaults.topicsMax()))
        .withQueuedBytesMax(Math.max(MemoryShares.ofProcess().queued(), frameBytes))
        .withFrameBytesMax(frameBytes)
        .withRetention(general)
        .withRules(rules);
  }

  /** Refuses a configured size that the process has no room for: the journal would get less. */
  private static long memory(Section limits) {
    long otherwise = MemoryShares.ofProcess().frames();
    if (!limits.has(MEMORY) || limits.text(MEMORY, AUTO).equals(AUTO)) {
      return otherwise;
    }
    long bytes = limits.bytes(MEMORY, otherwise);
    long direct = MemoryShares.directMax();
    if (bytes > direct) {
      throw limits.refused(
          MEMORY,
          "%d MiB, more than the direct memory of %d MiB (expected: auto, less, or for example"
                  .formatted(bytes >> 20, direct >> 20)
              + " TELEPRINTER_JAVA_OPTS=-XX:MaxDirectMemorySize=%dm)"
                  .formatted((bytes >> 20) + 512));
    }
    return bytes;
  }

  /**
   * {@return the same with no more connections than the file descriptors allow} Beyond that, new
   * connections would fail, and files with them.
   */
  Settings fitting(Descriptors descriptors) {
    if (descriptorsWanted() <= descriptors.limit()) {
      return this;
    }
    var limits = server.limits();
    int fit = descriptors.connectionsMax(loops(), upstreamConnections());
    int connections = Math.min(fit, limits.connectionsMax());
    return new Settings(
        server.withLimits(limits.withConnectionsMax(connections)),
        journal,
        mercure,
        openAi,
        access,
        dataDir,
        disk);
  }

  /** {@return how many file descriptors all connections need that are configured} */
  long descriptorsWanted() {
    return Descriptors.wanted(server.limits().connectionsMax(), loops(), upstreamConnections());
  }

  private int loops() {
    return server.loops() > 0 ? server.loops() : Runtime.getRuntime().availableProcessors();
  }

  private int upstreamConnections() {
    long answers = openAi.upstreams().stream().mapToLong(UpstreamConfig::answersMax).sum();
    return (int) Math.min(answers, openAi.answersMax());
  }

  private static Retention retention(Section section, Retention otherwise) {
    return new Retention(
        section.integer("events", (int) otherwise.eventsMax()),
        section.bytes("bytes", otherwise.bytesMax()),
        section.time("age", otherwise.age()),
        section.time("after_close", otherwise.afterClose()));
  }

  /** Without keys and tokens, other machines must not reach the server by accident. */
  private static void requireSafe(String host, boolean insecure) {
    try {
      if (!insecure && !InetAddress.getByName(host).isLoopbackAddress()) {
        throw new UsageException(
            "host: "
                + host
                + " lets other machines in, and neither keys nor tokens are configured"
                + " (expected: 127.0.0.1, or --insecure to serve whoever can connect)");
      }
    } catch (UnknownHostException e) {
      throw new UsageException("host: " + host + " (expected: an address of this machine)");
    }
  }

  /** A value by its sources. An empty variable counts as absent. */
  private record Given(Map<String, String> environment) {
    @Nullable String value(
        String option, @Nullable String given, String variable, @Nullable String inFile) {
      if (given != null) {
        if (given.isEmpty()) {
          throw new UsageException(option + ": empty (expected: a value)");
        }
        return given;
      }
      var set = environment.get(variable);
      return set == null || set.isEmpty() ? inFile : set;
    }
  }
}
