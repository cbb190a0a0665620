package dev.handoff.worker;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bytes from one thread to another, in order. Who writes never waits: what is not read yet is kept on the heap, so that a
 * reader who is busy holds nobody up and loses nothing. Thread-safe; blocking for who reads.
 */
final class Pipe {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    /** Read of the first chunk. */
    private int position;
    private boolean ended;
    private boolean abandoned;

    /** Where bytes go in; closing it ends the stream. */
    OutputStream output() {
        return new Output();
    }

    /** Where they come out; closing it drops what was not read, and what is still to come. */
    InputStream input() {
        return new Input();
    }

    /** No more bytes will come; those that are there can still be read. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
        lock.lock();
        try {
            if (ended) {
                throw new IOException("the stream was closed");
            }
            if (length > 0 && !abandoned) {
                chunks.add(copy);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            while (chunks.isEmpty()) {
                if (ended || abandoned) {
                    return -1;
                }
                changed.await();
            }
            int n = 0;
            while (n < length && !chunks.isEmpty()) {
                byte[] first = chunks.element();
                int part = Math.min(length - n, first.length - position);
                System.arraycopy(first, position, bytes, offset + n, part);
                n += part;
                position += part;
                if (position == first.length) {
                    chunks.remove();
                    position = 0;
                }
            }
            if (!chunks.isEmpty()) {
                changed.signal(); // for another reader
            }
            return n;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for bytes");
        } finally {
            lock.unlock();
        }
    }

    private int available() {
        lock.lock();
        try {
            return (int) Math.min(Integer.MAX_VALUE, chunks.stream().mapToLong(c -> c.length).sum() - position);
        } finally {
            lock.unlock();
        }
    }

    private void abandon() {
        lock.lock();
        try {
            abandoned = true;
            chunks.clear();
            position = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            Pipe.this.write(new byte[]{(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Pipe.this.write(bytes, offset, length);
        }

        @Override
        public void close() {
            end();
        }
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return Pipe.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return Pipe.this.read(bytes, offset, length);
        }

        @Override
        public int available() {
            return Pipe.this.available();
        }

        @Override
        public void close() {
            abandon();
        }
    }
}
