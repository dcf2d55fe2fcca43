// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import tools.jackson.databind.node.ObjectNode;

/**
 * A request's JSON object and what it takes in the heap. Immutable.
 *
 * @param object as it came, not to be changed
 * @param treeBytes the estimated heap bytes of the object
 * @param textBytes how long it is as text
 */
record AskedBody(ObjectNode object, long treeBytes, long textBytes) {
  private static final int COPIES = 4; // a changed tree's share, its text, its bytes

  /** {@return the heap bytes of its copies on the way to an upstream} */
  long askingBytes() {
    return textBytes * COPIES;
  }
}
