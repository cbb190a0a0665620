package dev.handoff.internal.os;

import dev.handoff.internal.ffi.HandoffH;
import dev.handoff.kernel.NativeKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Linux's futex in the form that several processes share: sleeping on an aligned 32-bit word until somebody who has
 * mapped the same memory wakes it. The native kernel makes the system call; where it is not loaded, the C library's
 * {@code syscall} does; where neither may be called, there is no futex, and {@link #kind} says {@link Kind#POLLING}.
 *
 * <p>
 * Thread-safe. {@link #await} blocks its thread inside a native call, so it is not for virtual threads.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/futex.2.html">futex(2)</a>
 */
public final class Futex {
    /** Who makes the system call. */
    public enum Kind {
        /** The native kernel. */
        KERNEL,
        /** The C library. */
        LIBC,
        /** Nobody: the caller has to look at the word from time to time. */
        POLLING
    }

    /** How one sleep ended. */
    public enum Outcome {
        /** Woken, possibly for no reason. */
        WOKEN,
        /** The word did not hold what was expected, so there was no sleep. */
        VALUE_DIFFERS,
        /** The time was up. */
        TIMED_OUT,
        /** A signal came. */
        INTERRUPTED
    }

    private static final @Nullable Libc LIBC = NativeKernel.status().isNative() ? null : Libc.find();
    private static final Kind KIND = NativeKernel.status().isNative()
            ? Kind.KERNEL
            : LIBC != null ? Kind.LIBC : Kind.POLLING;

    private Futex() {
    }

    /**
     * Who makes the system call in this JVM.
     *
     * @return the answer, the same every time
     */
    public static Kind kind() {
        return KIND;
    }

    /**
     * Why it is that.
     *
     * @return a sentence
     */
    public static String reason() {
        return switch (KIND) {
            case KERNEL -> "the native kernel makes the system call";
            case LIBC -> "the C library makes the system call";
            case POLLING -> NativeKernel.status().nativeAccess()
                    ? "this is no Linux whose system calls are known"
                    : "native access is denied";
        };
    }

    /**
     * Sleeps once, if the word holds what the caller expects; comparing and falling asleep are one step.
     *
     * @param word 4 bytes of native memory, aligned to 4; kept alive for as long as the call takes
     * @param expected the value for which it is worth sleeping
     * @param timeoutNanos how long at most; below 0 for ever
     * @return how the sleep ended
     * @throws IllegalStateException if there is no futex in this JVM
     */
    public static Outcome await(MemorySegment word, int expected, long timeoutNanos) {
        return switch (KIND) {
            case KERNEL -> Kernel.OUTCOMES[HandoffH.handoff_futex_wait(word, expected, timeoutNanos)];
            case LIBC -> libc().await(word, expected, timeoutNanos);
            case POLLING -> throw noFutex();
        };
    }

    /**
     * Wakes threads of any process that sleep on a word.
     *
     * @param word 4 bytes of native memory, aligned to 4
     * @param count how many at most; at or below zero wakes nobody
     * @return how many were woken
     * @throws IllegalStateException if there is no futex in this JVM
     */
    public static int wake(MemorySegment word, int count) {
        return switch (KIND) {
            case KERNEL -> HandoffH.handoff_futex_wake(word, count);
            case LIBC -> count <= 0 ? 0 : libc().wake(word, count);
            case POLLING -> throw noFutex();
        };
    }

    private static Libc libc() {
        if (LIBC == null) {
            throw noFutex();
        }
        return LIBC;
    }

    private static IllegalStateException noFutex() {
        return new IllegalStateException("there is no futex in this JVM: " + NativeKernel.status().reason());
    }

    /** What the native kernel returns; apart, as the generated class can't even be initialised without native access. */
    private static final class Kernel {
        static final Outcome[] OUTCOMES = new Outcome[Outcome.values().length];

        static {
            OUTCOMES[HandoffH.HANDOFF_FUTEX_WOKEN()] = Outcome.WOKEN;
            OUTCOMES[HandoffH.HANDOFF_FUTEX_VALUE_DIFFERS()] = Outcome.VALUE_DIFFERS;
            OUTCOMES[HandoffH.HANDOFF_FUTEX_TIMED_OUT()] = Outcome.TIMED_OUT;
            OUTCOMES[HandoffH.HANDOFF_FUTEX_INTERRUPTED()] = Outcome.INTERRUPTED;
        }
    }

    /** The system call by way of the C library, whose variadic {@code syscall} takes its number first. */
    private record Libc(MethodHandle syscall, long number) {
        private static final int FUTEX_WAIT = 0;
        private static final int FUTEX_WAKE = 1;
        private static final int EINTR = 4;
        private static final int EAGAIN = 11;
        private static final int ETIMEDOUT = 110;
        private static final long NANOS_PER_SECOND = 1_000_000_000;
        private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
        private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        /** Null where this is no Linux whose numbers are known, or where native access is denied. */
        @SuppressWarnings("restricted") // the descriptor is that of syscall(2) with futex's arguments
        static @Nullable Libc find() {
            long number = switch (System.getProperty("os.arch")) {
                case "amd64" -> 202;
                case "aarch64", "riscv64" -> 98;
                default -> -1;
            };
            if (number < 0 || !System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")) {
                return null;
            }
            try {
                Linker linker = Linker.nativeLinker();
                MemorySegment address = linker.defaultLookup().findOrThrow("syscall");
                FunctionDescriptor futex = FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                        ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
                return new Libc(linker.downcallHandle(address, futex, Linker.Option.captureCallState("errno"),
                        Linker.Option.firstVariadicArg(1)), number);
            } catch (IllegalCallerException e) {
                return null;
            }
        }

        Outcome await(MemorySegment word, int expected, long timeoutNanos) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                MemorySegment timeout = timeoutNanos < 0
                        ? MemorySegment.NULL
                        : arena.allocateFrom(ValueLayout.JAVA_LONG, timeoutNanos / NANOS_PER_SECOND,
                                timeoutNanos % NANOS_PER_SECOND);
                if (call(state, word, FUTEX_WAIT, expected, timeout) == 0) {
                    return Outcome.WOKEN;
                }
                return switch ((int) ERRNO.get(state, 0L)) {
                    case EAGAIN -> Outcome.VALUE_DIFFERS;
                    case ETIMEDOUT -> Outcome.TIMED_OUT;
                    case EINTR -> Outcome.INTERRUPTED;
                    default -> Outcome.WOKEN; // not documented: the caller looks at the word in any case
                };
            }
        }

        int wake(MemorySegment word, int count) {
            try (Arena arena = Arena.ofConfined()) {
                return (int) Math.max(0,
                        call(arena.allocate(STATE), word, FUTEX_WAKE, count, MemorySegment.NULL));
            }
        }

        private long call(MemorySegment state, MemorySegment word, int operation, int value, MemorySegment timeout) {
            try {
                return (long) syscall.invokeExact(state, number, word, (long) operation, (long) value, timeout);
            } catch (RuntimeException | Error e) {
                throw e; // the memory is gone
            } catch (Throwable e) {
                throw new AssertionError("a system call throws nothing", e);
            }
        }
    }
}
