// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

/**
 * How much heap a JSON document may take once it is parsed to a tree. Stateless.
 *
 * <p>A tree can be forty times its text: each of the two bytes of <code>{}</code> buys an object
 * with a map. So the estimate counts what begins a value, in one pass over the bytes and without
 * understanding them; inside a string nothing does.
 */
public final class JsonSize {
  private static final int NODE_BYTES = 80; // of a scalar: the node, its text's object, its place
  private static final int CONTAINER_BYTES = 128; // more, of an object or array: its map or list

  private JsonSize() {}

  /** {@return the estimated heap bytes of the tree of a document, rather too many than too few} */
  public static long ofTree(byte[] json) {
    long nodes = 1;
    long containers = 0;
    boolean inString = false;
    for (int i = 0; i < json.length; i++) {
      byte b = json[i];
      if (inString) {
        if (b == '\\') {
          i++;
        } else if (b == '"') {
          inString = false;
        }
        continue;
      }
      switch (b) {
        case '"' -> inString = true;
        case ',', ':' -> nodes++;
        case '{', '[' -> containers++;
        default -> {}
      }
    }
    // A text of Latin letters takes a byte each in the heap, others two, from two bytes or more.
    return json.length + nodes * NODE_BYTES + containers * (CONTAINER_BYTES + NODE_BYTES);
  }
}
