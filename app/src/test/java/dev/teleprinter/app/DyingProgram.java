// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.util.concurrent.CountDownLatch;

/** A program that would run for ever if its thread's error were nobody's business. */
final class DyingProgram {
  private DyingProgram() {}

  public static void main(String[] args) throws InterruptedException {
    FatalErrors.install();
    FatalErrors.serve();
    Runnable work = args[0].equals("logs") ? DyingProgram::log : DyingProgram::die;
    Thread.ofVirtual().name("tp-work").start(work);
    new CountDownLatch(1).await();
  }

  private static void die() {
    throw new NoClassDefFoundError("a/B");
  }

  private static void log() {
    System.getLogger("any").log(System.Logger.Level.ERROR, "", new NoClassDefFoundError("a/B"));
  }
}
