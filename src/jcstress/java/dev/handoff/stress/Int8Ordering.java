// Generated from src/jcstress/templates. Change the template, then run:
// mvn test -Dtest=TypedViewSourcesTest -Dviews=write
package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.handoff.memory.Int8View;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.LII_Result;
import org.openjdk.jcstress.infra.results.LI_Result;

/** What the names of {@link Int8View}'s methods promise. */
public class Int8Ordering {
    private static final Int8View VIEW = Int8View.of(Lines.BUFFER);
    private static final int PER_LINE = Lines.BYTES / 1;
    /** What a flag holds before it is set to something else: every method can change it. */
    private static final int UNSET = 2;

    /** Two elements, in cache lines of their own. */
    abstract static class Pair {
        final long one = Lines.next() / 1;
        final long other = one + PER_LINE / 2;

        /** Spreads the states over the values of an enum. */
        final <E> E pick(E[] ways) {
            return ways[(int) (one / PER_LINE % ways.length)];
        }
    }

    /** Data, and a flag that guards it. */
    abstract static class Message extends Pair {
        final long data = one;
        final long flag = other;

        Message() {
            VIEW.setPlain(flag, UNSET);
        }
    }

    private static int isSet(int flag) {
        return flag == UNSET ? 0 : 1;
    }

    /** Everything that releases, against {@code getAcquire}. */
    @JCStressTest
    @JCStressMeta(MessagePassing.class)
    @State
    public static class Releases extends Message {
        private enum Way {
            AND,
            AND_RELEASE,
            OR,
            OR_RELEASE,
            XOR,
            XOR_RELEASE,
            SET,
            SET_RELEASE,
            COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET_RELEASE,
            COMPARE_AND_EXCHANGE,
            COMPARE_AND_EXCHANGE_RELEASE,
            GET_AND_SET,
            GET_AND_SET_RELEASE,
            GET_AND_ADD,
            GET_AND_ADD_RELEASE
        }

        private static final Way[] WAYS = Way.values();

        private final Way way = pick(WAYS);

        @Actor
        public void writer() {
            VIEW.setPlain(data, 1);
            switch (way) {
                case SET -> VIEW.set(flag, 1);
                case SET_RELEASE -> VIEW.setRelease(flag, 1);
                case COMPARE_AND_SET -> VIEW.compareAndSet(flag, UNSET, 1);
                case WEAK_COMPARE_AND_SET -> VIEW.weakCompareAndSet(flag, UNSET, 1);
                case WEAK_COMPARE_AND_SET_RELEASE -> VIEW.weakCompareAndSetRelease(flag, UNSET, 1);
                case COMPARE_AND_EXCHANGE -> VIEW.compareAndExchange(flag, UNSET, 1);
                case COMPARE_AND_EXCHANGE_RELEASE -> VIEW.compareAndExchangeRelease(flag, UNSET, 1);
                case GET_AND_SET -> VIEW.getAndSet(flag, 1);
                case GET_AND_SET_RELEASE -> VIEW.getAndSetRelease(flag, 1);
                case GET_AND_ADD -> VIEW.getAndAdd(flag, 1);
                case GET_AND_ADD_RELEASE -> VIEW.getAndAddRelease(flag, 1);
                case AND -> VIEW.getAndBitwiseAnd(flag, 1);
                case AND_RELEASE -> VIEW.getAndBitwiseAndRelease(flag, 1);
                case OR -> VIEW.getAndBitwiseOr(flag, 1);
                case OR_RELEASE -> VIEW.getAndBitwiseOrRelease(flag, 1);
                case XOR -> VIEW.getAndBitwiseXor(flag, 1);
                case XOR_RELEASE -> VIEW.getAndBitwiseXorRelease(flag, 1);
            }
        }

        @Actor
        public void reader(LII_Result r) {
            r.r1 = way;
            r.r2 = isSet(VIEW.getAcquire(flag));
            r.r3 = VIEW.getPlain(data);
        }
    }

    /** Everything that acquires, against {@code setRelease}. */
    @JCStressTest
    @JCStressMeta(MessagePassing.class)
    @State
    public static class Acquires extends Message {
        private enum Way {
            AND,
            AND_ACQUIRE,
            OR,
            OR_ACQUIRE,
            XOR,
            XOR_ACQUIRE,
            GET,
            GET_ACQUIRE,
            COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET_ACQUIRE,
            COMPARE_AND_EXCHANGE,
            COMPARE_AND_EXCHANGE_ACQUIRE,
            GET_AND_SET,
            GET_AND_SET_ACQUIRE,
            GET_AND_ADD,
            GET_AND_ADD_ACQUIRE
        }

        private static final Way[] WAYS = Way.values();

        private final Way way = pick(WAYS);

        @Actor
        public void writer() {
            VIEW.setPlain(data, 1);
            VIEW.setRelease(flag, 1);
        }

        @Actor
        public void reader(LII_Result r) {
            r.r1 = way;
            r.r2 = switch (way) {
                case GET -> isSet(VIEW.get(flag));
                case GET_ACQUIRE -> isSet(VIEW.getAcquire(flag));
                case COMPARE_AND_SET -> VIEW.compareAndSet(flag, 1, 3) ? 1 : 0;
                case WEAK_COMPARE_AND_SET -> VIEW.weakCompareAndSet(flag, 1, 3) ? 1 : 0;
                case WEAK_COMPARE_AND_SET_ACQUIRE -> VIEW.weakCompareAndSetAcquire(flag, 1, 3) ? 1 : 0;
                case COMPARE_AND_EXCHANGE -> isSet(VIEW.compareAndExchange(flag, 1, 3));
                case COMPARE_AND_EXCHANGE_ACQUIRE -> isSet(VIEW.compareAndExchangeAcquire(flag, 1, 3));
                case GET_AND_SET -> isSet(VIEW.getAndSet(flag, 3));
                case GET_AND_SET_ACQUIRE -> isSet(VIEW.getAndSetAcquire(flag, 3));
                case GET_AND_ADD -> isSet(VIEW.getAndAdd(flag, 3));
                case GET_AND_ADD_ACQUIRE -> isSet(VIEW.getAndAddAcquire(flag, 3));
                case AND -> isSet(VIEW.getAndBitwiseAnd(flag, 3));
                case AND_ACQUIRE -> isSet(VIEW.getAndBitwiseAndAcquire(flag, 3));
                case OR -> isSet(VIEW.getAndBitwiseOr(flag, 3));
                case OR_ACQUIRE -> isSet(VIEW.getAndBitwiseOrAcquire(flag, 3));
                case XOR -> isSet(VIEW.getAndBitwiseXor(flag, 3));
                case XOR_ACQUIRE -> isSet(VIEW.getAndBitwiseXorAcquire(flag, 3));
            };
            r.r3 = VIEW.getPlain(data);
        }
    }

    /** All that is volatile has its place in one total order. */
    @JCStressTest
    @JCStressMeta(StoreBuffering.class)
    @State
    public static class TotalOrder extends Pair {
        private enum Way {
            AND,
            OR,
            XOR,
            SET,
            COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET,
            COMPARE_AND_EXCHANGE,
            GET_AND_SET,
            GET_AND_ADD
        }

        private static final Way[] WAYS = Way.values();

        private final Way way = pick(WAYS);

        public TotalOrder() {
            VIEW.setPlain(one, UNSET);
            VIEW.setPlain(other, UNSET);
        }

        private void write(long index) {
            switch (way) {
                case SET -> VIEW.set(index, 1);
                case COMPARE_AND_SET -> VIEW.compareAndSet(index, UNSET, 1);
                case WEAK_COMPARE_AND_SET -> {
                    while (!VIEW.weakCompareAndSet(index, UNSET, 1)) {
                        Thread.onSpinWait();
                    }
                }
                case COMPARE_AND_EXCHANGE -> VIEW.compareAndExchange(index, UNSET, 1);
                case GET_AND_SET -> VIEW.getAndSet(index, 1);
                case GET_AND_ADD -> VIEW.getAndAdd(index, 1);
                case AND -> VIEW.getAndBitwiseAnd(index, 1);
                case OR -> VIEW.getAndBitwiseOr(index, 1);
                case XOR -> VIEW.getAndBitwiseXor(index, 1);
            }
        }

        @Actor
        public void first(LII_Result r) {
            r.r1 = way;
            write(one);
            r.r2 = isSet(VIEW.get(other));
        }

        @Actor
        public void second(LII_Result r) {
            write(other);
            r.r3 = isSet(VIEW.get(one));
        }
    }

    /** No value out of thin air, and none from the future. */
    @JCStressTest
    @Outcome(id = {"0, 0", "0, 1", "1, 0"}, expect = ACCEPTABLE, desc = "At most one came late enough.")
    @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "Both read what the other wrote only after its own read.")
    @State
    public static class LoadBuffering extends Pair {
        @Actor
        public void first(II_Result r) {
            r.r1 = VIEW.getAcquire(one);
            VIEW.setRelease(other, 1);
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = VIEW.getAcquire(other);
            VIEW.setRelease(one, 1);
        }
    }

    /** Reads of one element do not go back in time. */
    @JCStressTest
    @Outcome(id = {"0, 0", "0, 1", "1, 1"}, expect = ACCEPTABLE, desc = "In the order in which it was written.")
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The second read saw an older value than the first.")
    @State
    public static class OpaqueCoherence extends Pair {
        @Actor
        public void writer() {
            VIEW.setOpaque(one, 1);
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = VIEW.getOpaque(one);
            r.r2 = VIEW.getOpaque(one);
        }
    }

    /** All that changes an element depending on what it holds. */
    abstract static class Update extends Pair {
        enum Way {
            AND,
            AND_ACQUIRE,
            AND_RELEASE,
            OR,
            OR_ACQUIRE,
            OR_RELEASE,
            XOR,
            XOR_ACQUIRE,
            XOR_RELEASE,
            COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET,
            WEAK_COMPARE_AND_SET_ACQUIRE,
            WEAK_COMPARE_AND_SET_RELEASE,
            WEAK_COMPARE_AND_SET_PLAIN,
            COMPARE_AND_EXCHANGE,
            COMPARE_AND_EXCHANGE_ACQUIRE,
            COMPARE_AND_EXCHANGE_RELEASE,
            GET_AND_ADD,
            GET_AND_ADD_ACQUIRE,
            GET_AND_ADD_RELEASE
        }

        private static final Way[] WAYS = Way.values();

        final Way way = pick(WAYS);
        private final boolean clears = way.name().startsWith("AND");

        final void begin(long index) {
            VIEW.setPlain(index, clears ? 3 : 0);
        }

        /** The bits of the values that were added. */
        final int sum(long index) {
            int bits = VIEW.getPlain(index);
            return clears ? 3 - bits : bits;
        }

        final void add(long index, int value) {
            switch (way) {
                case AND -> VIEW.getAndBitwiseAnd(index, ~value);
                case AND_ACQUIRE -> VIEW.getAndBitwiseAndAcquire(index, ~value);
                case AND_RELEASE -> VIEW.getAndBitwiseAndRelease(index, ~value);
                case GET_AND_ADD -> VIEW.getAndAdd(index, value);
                case GET_AND_ADD_ACQUIRE -> VIEW.getAndAddAcquire(index, value);
                case GET_AND_ADD_RELEASE -> VIEW.getAndAddRelease(index, value);
                case OR -> VIEW.getAndBitwiseOr(index, value);
                case OR_ACQUIRE -> VIEW.getAndBitwiseOrAcquire(index, value);
                case OR_RELEASE -> VIEW.getAndBitwiseOrRelease(index, value);
                case XOR -> VIEW.getAndBitwiseXor(index, value);
                case XOR_ACQUIRE -> VIEW.getAndBitwiseXorAcquire(index, value);
                case XOR_RELEASE -> VIEW.getAndBitwiseXorRelease(index, value);
                default -> {
                    int before;
                    do {
                        before = VIEW.getOpaque(index);
                    } while (!swap(index, before, before + value));
                }
            }
        }

        private boolean swap(long index, int before, int after) {
            return switch (way) {
                case COMPARE_AND_SET -> VIEW.compareAndSet(index, before, after);
                case WEAK_COMPARE_AND_SET -> VIEW.weakCompareAndSet(index, before, after);
                case WEAK_COMPARE_AND_SET_ACQUIRE -> VIEW.weakCompareAndSetAcquire(index, before, after);
                case WEAK_COMPARE_AND_SET_RELEASE -> VIEW.weakCompareAndSetRelease(index, before, after);
                case WEAK_COMPARE_AND_SET_PLAIN -> VIEW.weakCompareAndSetPlain(index, before, after);
                case COMPARE_AND_EXCHANGE -> VIEW.compareAndExchange(index, before, after) == before;
                case COMPARE_AND_EXCHANGE_ACQUIRE -> VIEW.compareAndExchangeAcquire(index, before, after) == before;
                case COMPARE_AND_EXCHANGE_RELEASE -> VIEW.compareAndExchangeRelease(index, before, after) == before;
                default -> throw new AssertionError(way);
            };
        }
    }

    /** No read-modify-write loses another's. */
    @JCStressTest
    @Outcome(id = ".*, 3", expect = ACCEPTABLE, desc = "Both changes are there.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A change was lost.")
    @State
    public static class Atomicity extends Update {
        public Atomicity() {
            begin(one);
        }

        @Actor
        public void first() {
            add(one, 1);
        }

        @Actor
        public void second() {
            add(one, 2);
        }

        @Arbiter
        public void both(LI_Result r) {
            r.r1 = way;
            r.r2 = sum(one);
        }
    }

    /** What was there is given to one thread only. */
    @JCStressTest
    @Outcome(id = {".*, 0, 1", ".*, 2, 0"}, expect = ACCEPTABLE, desc = "The later one got what the other left.")
    @Outcome(id = ".*, 0, 0", expect = FORBIDDEN, desc = "Both got the same.")
    @Outcome(id = ".*, 2, 1", expect = FORBIDDEN, desc = "Each got what the other one left.")
    @State
    public static class Exchange extends Pair {
        private enum Way {
            GET_AND_SET,
            GET_AND_SET_ACQUIRE,
            GET_AND_SET_RELEASE
        }

        private static final Way[] WAYS = Way.values();

        private final Way way = pick(WAYS);

        private int exchange(int value) {
            return switch (way) {
                case GET_AND_SET -> VIEW.getAndSet(one, value);
                case GET_AND_SET_ACQUIRE -> VIEW.getAndSetAcquire(one, value);
                case GET_AND_SET_RELEASE -> VIEW.getAndSetRelease(one, value);
            };
        }

        @Actor
        public void first(LII_Result r) {
            r.r1 = way;
            r.r2 = exchange(1);
        }

        @Actor
        public void second(LII_Result r) {
            r.r3 = exchange(2);
        }
    }

    /** Neighbours in one 32-bit word, in each place that they can have there. */
    abstract static class Neighbours extends Update {
        private static final int LANES = 4;

        private final long place = one / PER_LINE % LANES;
        final long mine = one + place;
        final long neighbour = one + (place + 1) % LANES;

        Neighbours() {
            begin(mine);
        }
    }

    @Outcome(id = ".*, 3, 3", expect = ACCEPTABLE, desc = "Each element holds what was written to it.")
    @Outcome(id = ".*", expect = FORBIDDEN, desc = "A write was lost to, or has touched, the neighbour.")
    static final class Untouched {
        private Untouched() {
        }
    }

    /** A read-modify-write against a plain write next to it. */
    @JCStressTest
    @JCStressMeta(Untouched.class)
    @State
    public static class NeighbourWritten extends Neighbours {
        @Actor
        public void first() {
            add(mine, 3);
        }

        @Actor
        public void second() {
            VIEW.setPlain(neighbour, 3);
        }

        @Arbiter
        public void both(LII_Result r) {
            r.r1 = way;
            r.r2 = sum(mine);
            r.r3 = VIEW.getPlain(neighbour);
        }
    }

    /** A read-modify-write against another one next to it. */
    @JCStressTest
    @JCStressMeta(Untouched.class)
    @State
    public static class NeighbourUpdated extends Neighbours {
        public NeighbourUpdated() {
            begin(neighbour);
        }

        @Actor
        public void first() {
            add(mine, 3);
        }

        @Actor
        public void second() {
            add(neighbour, 3);
        }

        @Arbiter
        public void both(LII_Result r) {
            r.r1 = way;
            r.r2 = sum(mine);
            r.r3 = sum(neighbour);
        }
    }
}
