package dev.handoff.worker;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bytes from one thread to another, in order. What is not read yet is kept on the heap, up to a capacity: who writes more
 * waits for who reads, so that nothing is lost. Thread-safe; blocking.
 */
final class Pipe {
    /** In pieces of this size: so little is kept for a byte, and given back as soon as it is read. */
    static final int CHUNK_BYTES = 8192;

    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hasBytes = lock.newCondition();
    private final Condition hasRoom = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    /** Where the first chunk is read, and where the last one is written. */
    private int readAt;
    private int writeAt;
    private int size;
    private boolean ended;
    private boolean abandoned;
    /** Why nobody may wait for room any more. */
    private @Nullable String terminated;

    /** Keeps so many bytes at most. */
    Pipe(int capacity) {
        this.capacity = capacity;
    }

    /** Where bytes go in; closing it ends the stream. */
    OutputStream output() {
        return new Output();
    }

    /** Where they come out; closing it drops what was not read, and what is still to come. */
    InputStream input() {
        return new Input();
    }

    /** No more bytes will come, also from those who wait for room; those that are there can still be read. */
    void end() {
        lock.lock();
        try {
            ended = true;
            hasBytes.signalAll();
            hasRoom.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Who would wait for room, now or later, is unwound; what there is room for can still be written. */
    void terminate(String why) {
        lock.lock();
        try {
            terminated = why;
            hasRoom.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        lock.lock();
        try {
            int end = offset + length;
            for (int at = offset; at < end;) {
                awaitRoom(at - offset);
                if (abandoned) {
                    return;
                }
                at += add(bytes, at, Math.min(end - at, capacity - size));
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom(int written) throws IOException {
        try {
            while (size == capacity && !ended && !abandoned) {
                if (terminated != null) {
                    throw new WorkerTerminatedException(terminated);
                }
                hasRoom.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (terminated != null) {
                throw new WorkerTerminatedException(terminated);
            }
            InterruptedIOException interrupted = new InterruptedIOException(
                    "interrupted while waiting for room: capacity=" + capacity);
            interrupted.bytesTransferred = written;
            throw interrupted;
        }
        if (ended) {
            throw new IOException("the stream was closed");
        }
    }

    /** Returns how many of them: as many as fit into one chunk. */
    private int add(byte[] bytes, int offset, int length) {
        if (chunks.isEmpty() || writeAt == CHUNK_BYTES) {
            chunks.add(new byte[CHUNK_BYTES]);
            writeAt = 0;
        }
        int part = Math.min(length, CHUNK_BYTES - writeAt);
        System.arraycopy(bytes, offset, chunks.getLast(), writeAt, part);
        writeAt += part;
        size += part;
        hasBytes.signal();
        return part;
    }

    private int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            while (size == 0) {
                if (ended || abandoned) {
                    return -1;
                }
                hasBytes.await();
            }
            int n = 0;
            while (n < length && size > 0) {
                n += take(bytes, offset + n, length - n);
            }
            if (size > 0) {
                hasBytes.signal(); // for another reader
            }
            hasRoom.signalAll();
            return n;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for bytes");
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many: as many as there are in the first chunk. */
    private int take(byte[] bytes, int offset, int length) {
        int end = chunks.size() == 1 ? writeAt : CHUNK_BYTES;
        int part = Math.min(length, end - readAt);
        System.arraycopy(chunks.element(), readAt, bytes, offset, part);
        readAt += part;
        size -= part;
        if (readAt == end) {
            readAt = 0;
            if (chunks.size() > 1) {
                chunks.remove();
            } else {
                writeAt = 0; // the next bytes are written to the same
            }
        }
        return part;
    }

    private int available() {
        lock.lock();
        try {
            return size;
        } finally {
            lock.unlock();
        }
    }

    private void abandon() {
        lock.lock();
        try {
            abandoned = true;
            chunks.clear();
            size = 0;
            hasBytes.signalAll();
            hasRoom.signalAll();
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
