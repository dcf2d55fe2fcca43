// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.DiskJournal;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.UnusableFolderException;
import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.openai.OpenAiApi;
import dev.teleprinter.server.Loops;
import dev.teleprinter.server.Readers;
import dev.teleprinter.server.Routes;
import dev.teleprinter.server.Server;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The running server with all its parts. Thread-safe. */
final class App implements AutoCloseable {
  /** How the topics begin that the parts append to themselves: answers, and what the pages show. */
  static final List<String> OWN_TOPICS =
      List.of("resp_", "chatcmpl-", ClockFeed.TOPIC, DoctorFeeds.TOPICS, Console.TOPIC);

  /** For the event loops, the journal and the disk. */
  private static final Duration AFTER_DRAIN = Duration.ofSeconds(15);

  private static final System.Logger LOG = System.getLogger("dev.teleprinter.app");

  private final Settings settings;
  private final ScheduledExecutorService beats =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("tp-clock-0").daemon().factory());
  private final MemoryBudget memory = MemoryBudget.ofHeap(Runtime.getRuntime().maxMemory());
  private final Journal journal;
  private final Server server;
  private @Nullable OpenAiApi openAi; // set once, by routes()

  private App(Settings settings) throws IOException {
    this.settings = settings;
    this.journal = journal(settings, memory);
    try {
      this.server = Server.start(settings.server(), this::routes, journal, memory);
    } catch (IOException | RuntimeException e) {
      stopParts();
      throw e;
    }
    long paceMs = CollectionPace.PERIOD.toMillis();
    var pace = CollectionPace.ofProcess();
    beats.scheduleAtFixedRate(() -> run(pace), paceMs, paceMs, TimeUnit.MILLISECONDS);
  }

  private static Journal journal(Settings settings, MemoryBudget memory) {
    var dataDir = settings.dataDir();
    return dataDir == null
        ? new MemoryJournal(settings.journal(), memory)
        : DiskJournal.open(dataDir.resolve("journal"), settings.journal(), settings.disk(), memory);
  }

  /**
   * Starts everything; it serves when this returns.
   *
   * @throws UsageException when the address cannot be listened on, or the TLS files or the data
   *     directory are no good
   */
  static App start(Settings settings) {
    try {
      return new App(settings);
    } catch (IOException e) {
      throw unusable(settings, e);
    } catch (UnusableFolderException e) {
      throw new UsageException("data directory: " + e.getMessage());
    } catch (IllegalArgumentException e) { // TLS files
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private Routes routes(Readers readers, Loops loops) {
    var routes = new Routes();
    var hub = new MercureHub(journal, settings.mercure(), memory);
    hub.addRoutes(routes);
    var api = new OpenAiApi(settings.openAi(), journal, readers, loops, memory);
    api.addRoutes(routes, settings.access()::require);
    openAi = api;
    var clock = new ClockFeed(journal, Clock.systemUTC(), this::beats);
    clock.addRoutes(routes, hub);
    clock.watch(readers);
    var heartbeat = settings.server().timeouts().heartbeat();
    var doctor = new DoctorFeeds(journal, Clock.systemUTC(), this::beats, heartbeat);
    doctor.addRoutes(routes, hub);
    doctor.watch(readers);
    var snapshots = new Snapshots(journal, readers, memory, Clock.systemUTC());
    var console =
        new Console(journal, readers, snapshots, this::beats, () -> SettingsText.of(settings));
    console.addRoutes(routes.behind(settings.access()::require));
    console.watch();
    return routes.otherwise(new Pages());
  }

  private Runnable beats(Duration period, Runnable beat) {
    Runnable guarded = () -> run(beat);
    var running = beats.scheduleAtFixedRate(guarded, 0, period.toMillis(), TimeUnit.MILLISECONDS);
    return () -> running.cancel(false);
  }

  /** A scheduler would never again run what failed once, and keep silent about it. */
  private static void run(Runnable beat) {
    try {
      beat.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a beat failed", e);
    }
  }

  private static UsageException unusable(Settings settings, IOException e) {
    var host = settings.server().host();
    int port = settings.server().port();
    var why = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    if (why.toLowerCase(Locale.ROOT).contains("address already in use")) {
      return new UsageException(
          "port " + port + " on " + host + " is taken (expected: a free one, choose it by --port)");
    }
    return new UsageException("cannot listen on port " + port + " of " + host + ": " + why);
  }

  /** {@return the lines that greet the person who started it} */
  String greeting() {
    var upstreams = AnswerSettings.lines(settings.openAi());
    return """
    Teleprinter %s
      open       %s
      upstreams  %s
      data       %s
      limits     %s\
    """
        .formatted(
            Version.text(),
            url(),
            upstreams.isEmpty() ? "none" : String.join("\n             ", upstreams),
            whereDataIsKept(),
            limits());
  }

  private String limits() {
    return "%,d connections; memory: heap %d MiB, events %d MiB"
        .formatted(
            settings.server().limits().connectionsMax(),
            Runtime.getRuntime().maxMemory() >> 20,
            settings.journal().memoryBytesMax() >> 20);
  }

  /** {@return how long a stop may take: draining, and what comes after it} */
  Duration stopMax() {
    return settings.openAi().drain().plus(settings.server().timeouts().drain()).plus(AFTER_DRAIN);
  }

  private String whereDataIsKept() {
    var dataDir = settings.dataDir();
    if (dataDir == null) {
      return "in memory: it is gone when the server stops";
    }
    var durability = settings.disk().durability().name().toLowerCase(Locale.ROOT);
    return dataDir.toAbsolutePath().normalize() + ", durability " + durability;
  }

  /** {@return the port it listens on} */
  int port() {
    return server.port();
  }

  /** {@return the address to open in a browser on this machine} */
  String url() {
    var host = settings.server().host();
    boolean any = host.equals("0.0.0.0") || host.equals("::");
    var name = any ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
    var scheme = settings.server().tls() == null ? "http" : "https";
    return scheme + "://" + name + ":" + port() + "/";
  }

  /**
   * Stops gracefully: running answers may finish while their readers still read, then the readers
   * are let go, then the journal is closed. Waits. Idempotent.
   */
  @Override
  public void close() {
    try {
      if (openAi != null) {
        openAi.close();
      }
    } finally { // a part that fails to stop must not keep the journal from being closed
      try {
        server.close();
      } finally {
        stopParts();
      }
    }
  }

  private void stopParts() {
    if (openAi != null) {
      openAi.close();
    }
    beats.shutdownNow();
    journal.close();
  }
}
