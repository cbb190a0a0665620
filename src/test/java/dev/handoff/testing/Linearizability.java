package dev.handoff.testing;

import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * Whether what threads do at the same time looks as if it were done one after the other: Lincheck makes up scenarios from
 * the operations of a class, runs each on real threads again and again, and looks for an order in which a sequential
 * specification gives the same results.
 *
 * <p>
 * This is its stress mode. Its model checker would try the interleavings one by one, but it does not see the accesses
 * through a {@code VarHandle} to a memory segment, which are all that matters here, and would pass anything. What the
 * memory model allows beyond interleavings is for the tests in src/jcstress.
 *
 * <p>
 * Tests that use this are tagged {@value #TAG}: they run in a JVM of their own, as Lincheck rewrites classes of it.
 */
public final class Linearizability {
    /** Of the tests that use this. */
    public static final String TAG = "linearizability";

    private Linearizability() {
    }

    /**
     * Fails with the shortest scenario found whose results no order explains, or with one that hangs.
     *
     * @param operations with a public constructor without parameters, made anew for each run
     * @param specification has methods of the same names
     * @param threads how many at a time
     */
    public static void check(Class<?> operations, Class<?> specification, int threads) {
        new StressOptions().threads(threads).actorsBefore(0).actorsPerThread(threads > 2 ? 4 : 6).actorsAfter(0)
                .iterations(30).invocationsPerIteration(1_000).sequentialSpecification(specification).check(operations);
    }
}
