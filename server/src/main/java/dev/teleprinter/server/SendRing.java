// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Hands the sends of a whole pass to the kernel in one system call: an io_uring that does nothing
 * else, while the sockets stay with their epoll loop. A thousand readers' news is then one call
 * instead of a thousand, and each send costs the kernel a fifth less (docs/decisions/0009).
 *
 * <p>Every send is asked not to wait: the kernel does it while it takes it over, or says at once
 * that the socket is full. So nothing is in flight when {@link #flush} returns, and memory and
 * descriptors need to stay as they are only until then.
 *
 * <pre>
 *  submission, 64 bytes: operation (1), flags (1), - (2), descriptor (4), - (8), address (8),
 *                        length (4), send flags (4), user data (8), - (24)
 *  completion, 16 bytes: user data (8), result (4), flags (4)
 * </pre>
 *
 * <p>Confined to one thread, that which made it.
 */
final class SendRing implements AutoCloseable {
  /** Whoever sends something. */
  interface Sender {
    /**
     * Told how many bytes the socket took, or a negative error number.
     *
     * @param frames what was given with the send; released when this returns
     */
    void sent(int result, @Nullable Frames frames);
  }

  /** The error number of a socket that is full. */
  static final int FULL = 11; // EAGAIN

  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private static final int SENDS_MAX = 1024; // a power of two
  private static final int SUBMISSION_BYTES = 64;
  private static final int COMPLETION_BYTES = 16;
  private static final byte SEND = 26;
  private static final int NO_WAIT_NO_SIGNAL = 0x40 | 0x4000;
  private static final int SUBMIT_ALL_SINGLE_ISSUER_DEFER = 1 << 7 | 1 << 12 | 1 << 13;
  private static final long SUBMISSIONS = 0x10000000; // the part of a ring that can be mapped

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final VarHandle WORD = INT.varHandle();

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment error = IoUring.error(arena);
  private final int ring;
  private final MemorySegment words; // heads, tails and the completions
  private final MemorySegment submissions;
  private final long submissionTail; // places of the words
  private final long completionHead;
  private final long completionTail;
  private final long completions;
  private final int completionMask;

  private final @Nullable Sender[] senders = new @Nullable Sender[SENDS_MAX];
  private final @Nullable Frames[] kept = new @Nullable Frames[SENDS_MAX]; // until they are sent
  private int added; // ever
  private int waiting; // of those added, for their result

  SendRing() throws IOException {
    var parameters = arena.allocate(120, 8);
    parameters.set(INT, 8, SUBMIT_ALL_SINGLE_ISSUER_DEFER);
    ring = IoUring.setup(SENDS_MAX, parameters, error);
    submissionTail = parameters.get(INT, 44);
    long order = parameters.get(INT, 64);
    completionMask = parameters.get(INT, 4) - 1;
    completionHead = parameters.get(INT, 80);
    completionTail = parameters.get(INT, 84);
    completions = parameters.get(INT, 100);
    long end = completions + (long) COMPLETION_BYTES * (completionMask + 1);
    words = IoUring.map(ring, 0, Math.max(end, order + 4L * SENDS_MAX), error, arena);
    submissions = IoUring.map(ring, SUBMISSIONS, (long) SUBMISSION_BYTES * SENDS_MAX, error, arena);
    for (int i = 0; i < SENDS_MAX; i++) {
      words.set(INT, order + 4L * i, i);
      submissions.set(ValueLayout.JAVA_BYTE, (long) SUBMISSION_BYTES * i, SEND);
      submissions.set(INT, (long) SUBMISSION_BYTES * i + 28, NO_WAIT_NO_SIGNAL);
      submissions.set(ValueLayout.JAVA_LONG, (long) SUBMISSION_BYTES * i + 32, i);
    }
  }

  boolean isEmpty() {
    return waiting == 0;
  }

  boolean isFull() {
    return waiting == SENDS_MAX;
  }

  /**
   * Adds a send, when it is not full. The next flush does it.
   *
   * @param frames where its bytes are, if that is not memory of the sender's own: retained till
   *     then
   */
  void add(int socket, long address, int length, Sender sender, @Nullable Frames frames) {
    int index = added++ & (SENDS_MAX - 1);
    long submission = (long) SUBMISSION_BYTES * index;
    submissions.set(INT, submission + 4, socket);
    submissions.set(ValueLayout.JAVA_LONG, submission + 16, address);
    submissions.set(INT, submission + 24, length);
    senders[index] = sender;
    if (frames != null) {
      frames.retain();
      kept[index] = frames;
    }
    waiting++;
  }

  /**
   * Sends what was added, and tells each sender.
   *
   * @throws IOException when the kernel refuses: senders who were not told have sent nothing
   */
  void flush() throws IOException {
    WORD.setRelease(words, submissionTail, added); // pairs with the kernel's acquire
    int left = waiting; // for the kernel to take over
    while (waiting > 0) {
      left -= IoUring.enter(ring, left, waiting, error);
      tellSenders();
    }
  }

  private void tellSenders() {
    int head = (int) WORD.get(words, completionHead);
    int tail = (int) WORD.getAcquire(words, completionTail); // pairs with the kernel's release
    while (head != tail) {
      long completion = completions + (long) COMPLETION_BYTES * (head & completionMask);
      int index = (int) words.get(ValueLayout.JAVA_LONG, completion);
      int result = words.get(INT, completion + 8);
      WORD.setRelease(words, completionHead, ++head);
      tell(index, result);
    }
  }

  private void tell(int index, int result) {
    var sender = senders[index];
    if (sender == null) {
      return;
    }
    var frames = kept[index];
    senders[index] = null;
    kept[index] = null;
    waiting--;
    try {
      sender.sent(result, frames);
    } catch (RuntimeException e) { // the others must hear of theirs
      LOG.log(Level.ERROR, "a delivery failed; the reader resumes by its id", e);
    } finally {
      if (frames != null) {
        frames.release();
      }
    }
  }

  /** Tells the senders that nothing of theirs was sent. */
  void giveUp() {
    for (int i = 0; i < SENDS_MAX; i++) {
      tell(i, -FULL);
    }
  }

  @Override
  public void close() {
    IoUring.close(ring);
    arena.close();
  }
}
