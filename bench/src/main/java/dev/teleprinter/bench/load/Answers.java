// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;

/**
 * Counts the answers on a connection with pipelined requests by their status lines, and refuses one
 * that is no 2xx. Confined to the event loop.
 *
 * <p>No body of the servers measured contains {@code HTTP/1.1}.
 */
final class Answers {
  private static final byte[] START = {'H', 'T', 'T', 'P', '/', '1', '.', '1', ' '};

  private int matched;
  private final StringBuilder refusal = new StringBuilder();

  /**
   * {@return how many answers begin in these bytes}
   *
   * @throws IOException naming the status when one says that it was not published
   */
  int count(byte[] bytes, int end) throws IOException {
    int count = 0;
    for (int i = 0; i < end; i++) {
      byte b = bytes[i];
      if (matched < START.length) {
        matched = b == START[matched] ? matched + 1 : b == START[0] ? 1 : 0;
        continue;
      }
      matched = 0;
      if (b != '2') {
        refusal.append((char) b);
        for (int j = i + 1; j < end && j < i + 400; j++) {
          refusal.append((char) (bytes[j] & 0xff));
        }
        throw new IOException("publish: answered " + refusal);
      }
      count++;
    }
    return count;
  }
}
