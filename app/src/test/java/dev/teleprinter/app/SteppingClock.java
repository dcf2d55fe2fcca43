// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Stands until it is set. */
final class SteppingClock extends Clock {
  volatile Instant now = Instant.parse("2026-11-22T01:02:03Z");

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
