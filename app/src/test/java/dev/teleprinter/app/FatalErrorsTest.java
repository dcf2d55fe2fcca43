// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Integer> halted = new ArrayList<>();
  private final FatalErrors errors = FatalErrors.ofServer(err, halted::add);

  @Test
  void endsTheProcessByAnErrorOfAVirtualThread() throws InterruptedException {
    Thread.ofVirtual()
        .name("tp-http-GET")
        .uncaughtExceptionHandler(errors)
        .start(() -> {
          throw new NoClassDefFoundError("a/B");
        })
        .join();
    assertThat(halted).containsExactly(70);
    assertThat(err.toString(UTF_8))
        .hasLineCount(1)
        .startsWith("teleprinter: ended with status 70 by java.lang.NoClassDefFoundError: a/B")
        .contains("tp-http-GET", "FatalErrorsTest")
        .endsWith(")\n");
  }

  @Test
  void endsTheProcessWhenAThreadOfItsOwnEnds() {
    var thread = Thread.ofPlatform().name("tp-append-0").unstarted(() -> {});
    errors.uncaughtException(thread, new IllegalStateException("a\nbug"));
    assertThat(halted).containsExactly(70);
    assertThat(err.toString(UTF_8)).hasLineCount(1).contains("IllegalStateException: a bug");
  }

  @Test
  void letsATaskFailByAnException() throws InterruptedException {
    Thread.ofVirtual()
        .uncaughtExceptionHandler(errors)
        .start(() -> {
          throw new IllegalStateException("a bug of one request");
        })
        .join();
    assertThat(halted).isEmpty();
  }

  @Test
  void endsTheProcessByAnErrorThatSomebodyOnlyLogged() {
    var entry = new LogRecord(Level.WARNING, "an exception was thrown");
    entry.setThrown(new CompletionException(new IOException(new NoClassDefFoundError("a/B"))));
    errors.publish(entry);
    assertThat(halted).containsExactly(70);
  }

  @Test
  void readsOtherLogsInPeace() {
    errors.publish(new LogRecord(Level.SEVERE, "no exception"));
    var entry = new LogRecord(Level.SEVERE, "an exception");
    entry.setThrown(new IOException("a disk"));
    errors.publish(entry);
    assertThat(halted).isEmpty();
  }

  @Test
  void takesDeepStacksAndDirectMemoryForFailuresOfOneTask() {
    assertThat(FatalErrors.fatal(new StackOverflowError())).isNull();
    assertThat(FatalErrors.fatal(new OutOfMemoryError("Cannot reserve 9 bytes of direct buffer")))
        .isNull();
    assertThat(FatalErrors.fatal(new OutOfMemoryError("Java heap space"))).isNotNull();
    assertThat(FatalErrors.fatal(new OutOfMemoryError("unable to create native thread")))
        .isNotNull();
  }

  @Test
  void endsEvenWhenItCannotSayWhy() {
    var indescribable =
        new LinkageError("no") {
          private static final long serialVersionUID = 1L;

          @Override
          public String toString() {
            throw new OutOfMemoryError("Java heap space");
          }
        };
    errors.uncaughtException(Thread.currentThread(), indescribable);
    assertThat(halted).containsExactly(70);
    assertThat(err.toString(UTF_8)).hasLineCount(1).contains("cannot be described");
  }
}
