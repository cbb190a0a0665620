package dev.handoff.memory;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A temporary file without a name: gone with the JVM, however that ends. It lies in memory ({@code /dev/shm}) where that
 * has room, else in {@code java.io.tmpdir}. All its bytes are backed from the beginning, so that a full file system
 * shows there, and never as an error of a memory access. Thread-safe.
 *
 * <p>
 * An interrupt closes a {@link FileChannel} for good if it hits a thread inside, and a file without a name can't be
 * opened again but through another descriptor of it. So there are two, and the second one is never used for anything
 * else.
 */
final class UnlinkedFile {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private final FileChannel spare;
    /** What opens the file: a descriptor, or its name where there are no such paths; that is deleted at the end. */
    private final Path opener;
    private volatile FileChannel channel;

    private UnlinkedFile(FileChannel spare, Path opener) throws IOException {
        this.spare = spare;
        this.opener = opener;
        this.channel = FileChannel.open(opener, READ, WRITE);
    }

    /** What is done with a channel. */
    private interface Operation<T> {
        T on(FileChannel channel) throws IOException;
    }

    /** A file of so many zeros. */
    static UnlinkedFile create(long bytes) throws IOException {
        return create(List.of(Path.of("/dev/shm"), Path.of(System.getProperty("java.io.tmpdir"))), bytes);
    }

    /** In the first of these directories that takes it. */
    static UnlinkedFile create(List<Path> directories, long bytes) throws IOException {
        List<String> reasons = new ArrayList<>();
        for (Path directory : directories) {
            try {
                long room = Files.getFileStore(directory).getUsableSpace();
                if (room >= bytes) {
                    return create(directory.toRealPath(), bytes);
                }
                reasons.add(directory + " has only " + room + " bytes left");
            } catch (IOException e) {
                reasons.add(directory + ": " + e);
            }
        }
        throw new IOException(String.join("; ", reasons));
    }

    private static UnlinkedFile create(Path directory, long bytes) throws IOException {
        Path path = Files.createTempFile(directory, "handoff-", ".memory");
        FileChannel spare = null;
        UnlinkedFile file = null;
        try {
            spare = FileChannel.open(path, READ, WRITE);
            Path opener = path;
            if (Files.isDirectory(DESCRIPTORS)) {
                Files.delete(path);
                opener = descriptorOf(path + " (deleted)");
            } else {
                path.toFile().deleteOnExit();
            }
            file = new UnlinkedFile(spare, opener);
            file.zero(0, bytes);
            return file;
        } catch (IOException | Error e) {
            if (file != null) {
                file.channel.close();
            }
            if (spare != null) {
                spare.close();
            }
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static Path descriptorOf(String target) throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                if (target.equals(linkOf(descriptor))) {
                    return descriptor;
                }
            }
        }
        throw new IOException("no descriptor of this process is that of " + target);
    }

    private static @Nullable String linkOf(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
            return null; // closed meanwhile
        }
    }

    /** Maps some bytes for as long as the arena lives. */
    MemorySegment map(long position, long bytes, Arena arena) throws IOException {
        return uninterrupted(c -> c.map(MapMode.READ_WRITE, position, bytes, arena));
    }

    /** Overwrites some bytes with zeros. */
    void zero(long position, long bytes) throws IOException {
        long end = position + bytes;
        for (long at = position; at < end;) {
            long from = at;
            ByteBuffer zeros = Zeros.buffer();
            zeros.limit((int) Math.min(zeros.limit(), end - at));
            at += uninterrupted(c -> c.write(zeros, from));
        }
    }

    /** Frees the bytes, also those that are mapped by somebody who dropped the mapping. Nothing else may be mapped. */
    void close() {
        try {
            try {
                uninterrupted(c -> c.truncate(0));
            } finally { // descriptors do not leak
                channel.close();
                spare.close();
            }
            if (!opener.startsWith(DESCRIPTORS)) {
                Files.delete(opener);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T> T uninterrupted(Operation<T> operation) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                FileChannel current = channel;
                try {
                    return operation.on(current);
                } catch (ClosedChannelException e) { // by an interrupt of this thread, or of another one inside
                    interrupted |= Thread.interrupted();
                    reopen(current);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void reopen(FileChannel closed) throws IOException {
        if (channel == closed) {
            channel = FileChannel.open(opener, READ, WRITE);
        }
    }
}
