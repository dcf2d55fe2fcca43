// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The folder of a journal's files, and all that the journal asks of a file system: tests put full
 * disks, broken ones and cuts at any byte behind it. Thread-safe. Everything may block.
 */
interface Folder extends AutoCloseable {
  /** {@return the names of the files in it, sorted} */
  List<String> names() throws IOException;

  /**
   * Opens a file to read. Throws {@link java.nio.file.NoSuchFileException} when it is not there.
   */
  Handle open(String name) throws IOException;

  /** Opens a file to read and write, making it if need be. */
  Handle create(String name) throws IOException;

  /** Removes a file, if it is there. */
  void delete(String name) throws IOException;

  /** Puts a file in the place of another, at once and whole. */
  void replace(String name, String target) throws IOException;

  /** {@return whether an open file is the one that has that name now} */
  boolean isAt(String name, Handle opened) throws IOException;

  /** {@return whether the folder is the one that was locked, and where it was} */
  boolean isThere() throws IOException;

  /** Makes names that were created, replaced or deleted last. */
  void force() throws IOException;

  /** {@return what a person calls it} */
  String description();

  /** Lets go of it, so that another process may use it. Idempotent. */
  @Override
  void close();

  /** An open file. Thread-safe, save that one thread writes. */
  interface Handle extends AutoCloseable {
    /** Writes what remains in the buffer at a position: all of it, or it throws. */
    void write(ByteBuffer from, long position) throws IOException;

    /** Fills the buffer from a position. Returns false when the file ends before. */
    boolean read(ByteBuffer into, long position) throws IOException;

    /** {@return the file's bytes} */
    long size() throws IOException;

    /** Cuts the file. */
    void truncate(long size) throws IOException;

    /** Makes what was written last. */
    void force() throws IOException;

    @Override
    void close() throws IOException;
  }
}
