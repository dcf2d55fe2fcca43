// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** What every journal keeps to: memory, disk and Redis pass these tests unchanged. */
interface JournalContract
    extends AppendContract,
        ReadContract,
        SeveralTopicsContract,
        RetentionContract,
        PressureContract,
        ModelContract {}
