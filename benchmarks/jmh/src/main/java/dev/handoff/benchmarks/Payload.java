package dev.handoff.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** What receivers do with the bytes they get. */
public enum Payload {
    /** Reads one byte: the view of the receiver is open, and that is all. */
    FIRST_BYTE {
        @Override
        long read(MemorySegment bytes) {
            return bytes.get(JAVA_BYTE, 0);
        }
    },
    /** Adds up all bytes, as longs. */
    ALL_BYTES {
        /** C2 does not turn a sum over a segment into vector code; four sums at least do not wait for each other. */
        @Override
        long read(MemorySegment bytes) {
            long a = 0;
            long b = 0;
            long c = 0;
            long d = 0;
            long size = bytes.byteSize();
            for (long at = 0; at < size; at += 32) {
                a += bytes.get(JAVA_LONG, at);
                b += bytes.get(JAVA_LONG, at + 8);
                c += bytes.get(JAVA_LONG, at + 16);
                d += bytes.get(JAVA_LONG, at + 24);
            }
            return a + b + c + d;
        }
    };

    /** The segment begins on a boundary of 8 bytes, its size is a multiple of 32. */
    abstract long read(MemorySegment bytes);

    /** Not all alike, so that a wrong offset is a wrong sum. */
    static void fill(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += 8) {
            bytes.set(JAVA_LONG, at, at * 0x9E3779B97F4A7C15L + 1);
        }
    }
}
