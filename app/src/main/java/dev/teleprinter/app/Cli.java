// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line. Confined to the main thread. */
@Command(
    name = "teleprinter",
    mixinStandardHelpOptions = true,
    versionProvider = Cli.VersionText.class,
    subcommands = {
      Cli.Serve.class,
      Cli.Publish.class,
      Cli.JournalTools.class,
      Cli.PrintVersion.class
    },
    description = "Streams AI answers and other events into browsers. Serves without a command.")
final class Cli implements Callable<Integer> {
  private final Map<String, String> environment;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;

  @Mixin private final Serving serving = new Serving();

  private Cli(Map<String, String> environment, InputStream in, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.in = in;
    this.out = out;
    this.err = err;
  }

  /** {@return the exit status, after doing what the arguments say} */
  static int run(
      String[] args,
      Map<String, String> environment,
      InputStream in,
      PrintStream out,
      PrintStream err) {
    return new CommandLine(new Cli(environment, in, out, err))
        .setOut(new PrintWriter(out, true, out.charset()))
        .setErr(new PrintWriter(err, true, err.charset()))
        .setParameterExceptionHandler((e, _) -> {
          var name = e.getCommandLine().getCommandSpec().qualifiedName();
          err.println("teleprinter: " + sentence(e) + " (see " + name + " --help)");
          return 2;
        })
        .execute(args);
  }

  private static String sentence(CommandLine.ParameterException e) {
    var text = String.valueOf(e.getMessage()).lines().findFirst().orElse("bad arguments");
    return Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  @Override
  public Integer call() {
    return serve(serving.given());
  }

  private int serve(ServeOptions options) {
    return ServeCommand.run(options, environment, out, err);
  }

  /** The options of serving. */
  static final class Serving {
    @Option(
        names = "--host",
        paramLabel = "HOST",
        description = "Address to listen on (TELEPRINTER_HOST). Default: 127.0.0.1")
    private @Nullable String host;

    @Option(
        names = "--port",
        paramLabel = "PORT",
        description = "Port; 0 takes a free one (TELEPRINTER_PORT). Default: 8080")
    private @Nullable String port;

    @Option(
        names = "--data-dir",
        paramLabel = "DIR",
        description = {
          "Where data is kept (TELEPRINTER_DATA_DIR); memory for none. Default: ./data"
        })
    private @Nullable String dataDir;

    @Option(
        names = "--durability",
        paramLabel = "WHEN",
        description = {
          "When an event counts as kept (TELEPRINTER_DURABILITY): always, forced to the disk before"
              + " it is acknowledged; interval, forced every 50 ms; os. Default: interval"
        })
    private @Nullable String durability;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Configuration file, YAML (TELEPRINTER_CONFIG).")
    private @Nullable String config;

    @Option(
        names = "--insecure",
        description = "Serve whoever can connect, without keys and tokens.")
    private boolean insecure;

    ServeOptions given() {
      return new ServeOptions(host, port, dataDir, durability, config, insecure);
    }

    /** {@return what is given here, else what stood before the command} */
    ServeOptions givenAfter(Serving before) {
      return new ServeOptions(
          host == null ? before.host : host,
          port == null ? before.port : port,
          dataDir == null ? before.dataDir : dataDir,
          durability == null ? before.durability : durability,
          config == null ? before.config : config,
          insecure || before.insecure);
    }
  }

  /** {@code teleprinter serve}. */
  @Command(
      name = "serve",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      description = "Serves until it is told to stop.")
  static final class Serve implements Callable<Integer> {
    @CommandLine.ParentCommand private @Nullable Cli parent;
    @Mixin private final Serving serving = new Serving();

    @Override
    public Integer call() {
      var cli = parent(parent);
      return cli.serve(serving.givenAfter(cli.serving));
    }
  }

  /** {@code teleprinter publish}. */
  @Command(
      name = "publish",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      description = "Publishes each line of standard input as an event, as it arrives.")
  static final class Publish implements Callable<Integer> {
    @CommandLine.ParentCommand private @Nullable Cli parent;
    @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

    @Parameters(paramLabel = "TOPIC", description = "What to publish to.")
    private String topic = "";

    @Option(
        names = "--url",
        paramLabel = "URL",
        description = "The server. Default: ${DEFAULT-VALUE}")
    private String url = "http://127.0.0.1:8080";

    @Option(names = "--type", paramLabel = "TYPE", description = "The events' type.")
    private @Nullable String type;

    @Option(
        names = "--data",
        paramLabel = "TEXT",
        description = "Publish this one event instead of standard input.")
    private @Nullable String data;

    @Option(
        names = "--events",
        description = "Standard input is an event stream (text/event-stream) already.")
    private boolean events;

    @Option(
        names = "--close",
        description = "Close the topic at the end: its readers reach an end too.")
    private boolean close;

    @Option(
        names = {"-v", "--verbose"},
        description = "Tell what was published.")
    private boolean verbose;

    @Override
    public Integer call() {
      if (events && (data != null || type != null) && spec != null) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "--events excludes --data and --type: the stream has them");
      }
      var cli = parent(parent);
      var publish = new PublishCommand(topic, url, type, data, events, close, verbose);
      return publish.run(cli.in, cli.out, cli.err);
    }
  }

  /** {@code teleprinter journal}. */
  @Command(
      name = "journal",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      description = "Looks into the journal of a server that is stopped. Changes nothing.")
  static final class JournalTools implements Callable<Integer> {
    @CommandLine.ParentCommand private @Nullable Cli parent;
    @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() {
      if (spec != null) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "Missing command: inspect, verify or export");
      }
      return 2;
    }

    @Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "Shows what is in it: files, topics, and what is broken.")
    Integer inspect(@Mixin DataDir dataDir) {
      return run(JournalCommand.Action.INSPECT, dataDir);
    }

    @Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Checks every byte of it. Status 1 when something is broken.")
    Integer verify(@Mixin DataDir dataDir) {
      return run(JournalCommand.Action.VERIFY, dataDir);
    }

    @Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Prints every event that can be read, each as a line of JSON.")
    Integer export(@Mixin DataDir dataDir) {
      return run(JournalCommand.Action.EXPORT, dataDir);
    }

    private int run(JournalCommand.Action action, DataDir given) {
      var cli = parent(parent);
      var before = cli.serving.dataDir;
      var environment = cli.environment.getOrDefault("TELEPRINTER_DATA_DIR", "");
      var otherwise = environment.isEmpty() ? Settings.DATA_DIR : environment;
      var dataDir = given.dataDir != null ? given.dataDir : before != null ? before : otherwise;
      return JournalCommand.run(action, Path.of(dataDir), cli.out, cli.err);
    }
  }

  /** Whose journal. */
  static final class DataDir {
    @Option(
        names = "--data-dir",
        paramLabel = "DIR",
        description = "Where the server keeps data (TELEPRINTER_DATA_DIR). Default: ./data")
    private @Nullable String dataDir;
  }

  /** {@code teleprinter version}. */
  @Command(name = "version", description = "Prints the version.")
  static final class PrintVersion implements Callable<Integer> {
    @CommandLine.ParentCommand private @Nullable Cli parent;

    @Override
    public Integer call() {
      parent(parent).out.println(VersionText.text());
      return 0;
    }
  }

  /** Which version, for {@code --version}. */
  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {text()};
    }

    static String text() {
      return "teleprinter " + Version.text();
    }
  }

  private static Cli parent(@Nullable Cli parent) {
    if (parent == null) {
      throw new IllegalStateException("command: without a parent");
    }
    return parent;
  }
}
