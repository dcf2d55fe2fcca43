// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

/**
 * What the user asked for cannot be done as asked: an option, a file, an address. Its message is
 * the one sentence they are shown; the program exits with 2.
 */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String sentence) {
    super(sentence);
  }
}
