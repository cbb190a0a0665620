package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PrimesTest {
    @Test
    void findsThemInOrderAcrossTheEdgesOfRanges() {
        int[] expected = IntStream.range(0, 120_000).filter(n -> BigInteger.valueOf(n).isProbablePrime(50)).toArray();
        assertArrayEquals(expected, Primes.primesBelow(120_000, 0));
        assertArrayEquals(expected, Primes.primesBelow(120_000, 3));
    }

    @Test
    void theObserverHearsOfEachRun() throws InterruptedException {
        var rows = Primes.measure(60_000, 0, 2);
        assertEquals(2, rows.size());
        for (var row : rows) {
            assertEquals(6_057, row.primes().length);
            assertTrue(row.time().compareTo(Duration.ZERO) > 0);
        }
    }
}
