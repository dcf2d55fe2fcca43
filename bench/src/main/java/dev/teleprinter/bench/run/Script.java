// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.report.Sample;

/** What happens in one round of a scenario. Immutable. */
@FunctionalInterface
interface Script {
  /**
   * Plays it. The round's readers and publishers are disconnected by whoever calls this.
   *
   * @throws dev.teleprinter.bench.load.LedgerException when a reader missed something: nothing was
   *     measured
   */
  Sample play(Round round) throws Exception;
}
