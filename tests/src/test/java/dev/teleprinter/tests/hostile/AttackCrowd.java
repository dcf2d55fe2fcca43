// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Many clients that do the same, some of them at a time. Stateless. */
final class AttackCrowd {
  private AttackCrowd() {}

  /** What one of them does; an {@link IOException} is a closed connection. */
  @FunctionalInterface
  interface Member {
    ConnectionFate act(int number) throws IOException;
  }

  /** Has all act, so many at a time, and waits for them. */
  static FateTally act(int all, int atOnce, Member member) throws InterruptedException {
    var tally = new FateTally();
    var free = new Semaphore(atOnce);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var acting = new ArrayList<Future<?>>();
      for (int i = 0; i < all; i++) {
        int number = i;
        free.acquire();
        acting.add(
            threads.submit(() -> {
              try {
                tally.add(member.act(number));
              } catch (IOException e) {
                tally.add(new ConnectionFate.Closed());
              } finally {
                free.release();
              }
            }));
      }
      for (var one : acting) {
        one.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
    return tally;
  }
}
