// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * When an append counts as kept. Whatever is chosen, an acknowledged event outlives the death of
 * the process; they differ in what a power cut can take.
 */
public enum Durability {
  /** Forced to the disk before it is acknowledged and before any reader sees it. */
  ALWAYS,
  /** Forced by another thread, 50 ms after it was written at the latest. */
  INTERVAL,
  /** Forced when the operating system does. */
  OS
}
