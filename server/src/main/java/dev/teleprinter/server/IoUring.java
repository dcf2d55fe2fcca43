// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The system calls of an io_uring, on Linux 6.1 and later and 64 bits, where nothing forbids them
 * (the defaults of some container engines do). Stateless.
 *
 * <p>Its initialization links to the kernel, which takes tens of milliseconds: not for a loop.
 */
final class IoUring {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private static final boolean X86 = System.getProperty("os.arch").equals("amd64");
  private static final long MMAP = X86 ? 9 : 222;
  private static final long MUNMAP = X86 ? 11 : 215;
  private static final long CLOSE = X86 ? 3 : 57;
  private static final long SETUP = 425;
  private static final long ENTER = 426;

  private static final long READ_WRITE = 1 | 2;
  private static final long SHARED_POPULATED = 1 | 0x8000;
  private static final long GET_EVENTS = 1;
  private static final int INTERRUPTED = 4;

  private static final MemoryLayout ERROR = Linker.Option.captureStateLayout();
  private static final VarHandle ERROR_NUMBER = ERROR.varHandle(PathElement.groupElement("errno"));
  private static final MethodHandle SYSTEM_CALL = systemCall();

  private IoUring() {}

  @SuppressWarnings("restricted") // the launcher allows native access, as Netty needs it too
  private static MethodHandle systemCall() {
    var longs = new MemoryLayout[7];
    Arrays.fill(longs, ValueLayout.JAVA_LONG);
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, longs),
        Linker.Option.firstVariadicArg(1),
        Linker.Option.captureCallState("errno"));
  }

  /** {@return whether rings can be opened here} The first call takes its time. */
  static boolean isAvailable() {
    var platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!platform.equals("Linux amd64") && !platform.equals("Linux aarch64")) {
      return false;
    }
    try (var ring = new SendRing()) {
      return ring.isEmpty();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "sends are made one by one: {0}", e.getMessage());
      return false;
    }
  }

  /** Memory for the error number of a call. */
  static MemorySegment error(Arena arena) {
    return arena.allocate(ERROR);
  }

  /** Opens a ring; parameters are a struct io_uring_params, filled by the kernel. */
  static int setup(int entries, MemorySegment parameters, MemorySegment error) throws IOException {
    return (int) call(error, SETUP, entries, parameters.address(), 0, 0, 0, 0);
  }

  /** Maps a part of a ring; the arena unmaps it. */
  @SuppressWarnings("restricted")
  static MemorySegment map(int ring, long part, long bytes, MemorySegment error, Arena arena)
      throws IOException {
    long address = call(error, MMAP, 0, bytes, READ_WRITE, SHARED_POPULATED, ring, part);
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, IoUring::unmap);
  }

  private static void unmap(MemorySegment mapped) {
    free(MUNMAP, mapped.address(), mapped.byteSize());
  }

  /** Closes a ring. */
  static void close(int ring) {
    free(CLOSE, ring, 0);
  }

  private static void free(long number, long first, long second) {
    try (var arena = Arena.ofConfined()) {
      call(error(arena), number, first, second, 0, 0, 0, 0);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "a ring could not be closed", e);
    }
  }

  /** Hands over submissions and waits for completions. Returns how many were taken over. */
  static int enter(int ring, int submissions, int completions, MemorySegment error)
      throws IOException {
    return (int) call(error, ENTER, ring, submissions, completions, GET_EVENTS, 0, 0);
  }

  private static long call(
      MemorySegment error, long number, long a, long b, long c, long d, long e, long f)
      throws IOException {
    while (true) {
      long result;
      try {
        result = (long) SYSTEM_CALL.invokeExact(error, number, a, b, c, d, e, f);
      } catch (Throwable impossible) { // the handle declares it, the call throws nothing
        throw new IllegalStateException(impossible);
      }
      if (result != -1) {
        return result;
      }
      int errno = (int) ERROR_NUMBER.get(error, 0L);
      if (errno != INTERRUPTED) {
        throw new IOException("system call " + number + ": error " + errno);
      }
    }
  }
}
