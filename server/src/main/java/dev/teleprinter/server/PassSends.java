// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How bytes leave in a pass over subscribers: each send at once, or, when many are to be expected,
 * collected in the loop's {@link SendRing} and made by one call. Confined to the loop.
 */
final class PassSends {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  /** From so many on, one call for all is cheaper than one for each. */
  private static final int COLLECTED_MIN = 4;

  private static final int COPIES_BYTES = 256 << 10;

  private final BooleanSupplier mayUseRings;
  private @Nullable SendRing ring;
  private @Nullable ByteBuffer copies; // of frames that are sent otherwise than they are kept
  private boolean refused; // the kernel has no ring for us, or the loop ends
  private boolean collecting;

  PassSends(BooleanSupplier mayUseRings) {
    this.mayUseRings = mayUseRings;
  }

  /** Says that so many sends may follow before the next flush. */
  void expect(int sends) {
    collecting |= sends >= COLLECTED_MIN;
  }

  /** {@return the ring, with room for a send; null when sends are to be made at once} */
  @Nullable SendRing ring() {
    if (!collecting) {
      return null;
    }
    if (ring == null && !refused && mayUseRings.getAsBoolean()) {
      open();
    }
    if (ring != null && ring.isFull()) {
      flush(ring);
    }
    return ring;
  }

  /**
   * {@return memory with room for so many bytes at its position, which lie still until the next
   * flush, for a send in the ring; null when it has to be made at once}
   */
  @Nullable ByteBuffer copies(int bytes) {
    if (bytes > COPIES_BYTES || ring() == null) {
      return null;
    }
    var memory = copies;
    if (memory == null) {
      memory = ByteBuffer.allocateDirect(COPIES_BYTES);
      copies = memory;
    }
    if (memory.remaining() < bytes && ring != null) {
      flush(ring);
    }
    return ring == null ? null : memory;
  }

  /** {@return the memory of {@link #copies}, while a send from there is told} */
  ByteBuffer copied() {
    return Objects.requireNonNull(copies);
  }

  private void open() {
    try {
      ring = new SendRing();
    } catch (IOException e) {
      refuse(e);
    }
  }

  /** Makes the sends that were collected, and collects no more. */
  void flush() {
    collecting = false;
    if (ring != null) {
      flush(ring);
    }
  }

  private void flush(SendRing collected) {
    try {
      collected.flush();
    } catch (IOException e) {
      refuse(e);
      collected.giveUp();
      collected.close();
    } finally {
      if (copies != null) {
        copies.clear();
      }
    }
  }

  private void refuse(IOException cause) {
    LOG.log(Level.INFO, "sends are made one by one: {0}", cause.getMessage());
    ring = null;
    refused = true;
  }

  /** Lets go of the ring. From now on sends are made at once. */
  void close() {
    refused = true;
    if (ring != null) {
      ring.close();
      ring = null;
    }
  }
}
