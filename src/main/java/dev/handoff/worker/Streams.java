package dev.handoff.worker;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The streams of one worker; made when they are first asked for, as most workers have no use for them. Thread-safe. */
final class Streams {
    private final @Nullable Pipe in;
    private final @Nullable Pipe out;
    private final @Nullable Pipe err;
    private @Nullable PrintStream outPrinter;
    private @Nullable PrintStream errPrinter;

    Streams(boolean stdin, boolean stdout, boolean stderr, int capacity) {
        in = stdin ? new Pipe(capacity) : null;
        out = stdout ? new Pipe(capacity) : null;
        err = stderr ? new Pipe(capacity) : null;
    }

    // ---- the worker's ends

    InputStream stdin() {
        return in == null ? InputStream.nullInputStream() : in.input();
    }

    synchronized PrintStream stdout() {
        if (outPrinter == null) {
            outPrinter = printer(out, () -> System.out);
        }
        return outPrinter;
    }

    synchronized PrintStream stderr() {
        if (errPrinter == null) {
            errPrinter = printer(err, () -> System.err);
        }
        return errPrinter;
    }

    /** A print stream hands on what each call prints at once: a line of one worker is not cut by another's. */
    private static PrintStream printer(@Nullable Pipe pipe, Supplier<PrintStream> standard) {
        return pipe != null
                ? new PrintStream(pipe.output(), false, StandardCharsets.UTF_8)
                : new PrintStream(new PassThrough(standard), false, standard.get().charset());
    }

    // ---- the parent's ends

    OutputStream input() {
        return require(in, "stdin", "openStdin").output();
    }

    InputStream output() {
        return require(out, "stdout", "captureStdout").input();
    }

    InputStream errors() {
        return require(err, "stderr", "captureStderr").input();
    }

    private static Pipe require(@Nullable Pipe pipe, String name, String option) {
        if (pipe == null) {
            throw new IllegalStateException(name + " of this worker is not the parent's: start it with the option "
                    + option);
        }
        return pipe;
    }

    /** The worker runs no more of its own: what it printed can still be read, and nobody waits for more. */
    synchronized void end() {
        for (Pipe pipe : new @Nullable Pipe[]{in, out, err}) {
            if (pipe != null) {
                pipe.end(); // first, as who waits for room holds the lock of its printer
            }
        }
        for (PrintStream printer : new @Nullable PrintStream[]{outPrinter, errPrinter}) {
            if (printer != null) {
                printer.flush();
            }
        }
    }

    /** Nobody waits any more, for input or for room: whoever would print more than there is room for is unwound. */
    void terminate(String why) {
        if (in != null) {
            in.end();
        }
        for (Pipe pipe : new @Nullable Pipe[]{out, err}) {
            if (pipe != null) {
                pipe.terminate(why);
            }
        }
    }

    /** Prints where the JVM does at that moment; closing it closes nothing. */
    private static final class PassThrough extends OutputStream {
        private final Supplier<PrintStream> standard;

        PassThrough(Supplier<PrintStream> standard) {
            this.standard = standard;
        }

        @Override
        public void write(int b) {
            standard.get().write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            PrintStream now = standard.get();
            now.write(bytes, offset, length);
            now.flush();
        }

        @Override
        public void flush() {
            standard.get().flush();
        }
    }
}
