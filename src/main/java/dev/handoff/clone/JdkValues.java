package dev.handoff.clone;

import java.util.AbstractMap;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicMarkableReference;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.AtomicStampedReference;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Mutable values, atomics, and what holds one or two others. Atomics are read once each, as a volatile: the copy has a
 * value that its original had while it was copied.
 */
final class JdkValues {
    private JdkValues() {
    }

    static void addTo(JdkTypes.Table table) {
        arrays(table);
        table.add(leaf(StringBuilder.class, StringBuilder::new));
        table.add(leaf(StringBuffer.class, StringBuffer::new));
        table.add(leaf(BitSet.class, set -> (BitSet) set.clone()));
        atomics(table);
        table.add(new OptionalPlan());
        table.add(new EntryPlan(AbstractMap.SimpleEntry.class, AbstractMap.SimpleEntry::new, false));
        table.add(new EntryPlan(AbstractMap.SimpleImmutableEntry.class, AbstractMap.SimpleImmutableEntry::new, true));
        table.add(new EntryPlan(Map.entry(1, 1).getClass(), Map::entry, true));
    }

    /** The plan of one of many classes of a kind, or null if it is of none. */
    @SuppressWarnings("JavaUtilDate") // bad to use, but used
    static @Nullable Plan plan(Class<?> type) {
        if (Date.class.isAssignableFrom(type) && (JdkTypes.isJdk(type)
                || type.getModule().isNamed() && type.getModule().getName().equals("java.sql"))) {
            return cloning(type, date -> ((Date) date).clone());
        }
        if (JdkTypes.isJdk(type) && Calendar.class.isAssignableFrom(type)) {
            return cloning(type, calendar -> ((Calendar) calendar).clone());
        }
        if (JdkTypes.isJdk(type) && TimeZone.class.isAssignableFrom(type)) {
            return cloning(type, zone -> ((TimeZone) zone).clone());
        }
        return null;
    }

    private static <T> Plan leaf(Class<T> type, UnaryOperator<T> copy) {
        return cloning(type, original -> copy.apply(type.cast(original)));
    }

    /** For objects that hold no others, and are copied by a function. */
    static Plan cloning(Class<?> type, UnaryOperator<Object> copy) {
        return new LeafPlan(type) {
            @Override
            Object copyTree(Object original) {
                return copy.apply(original);
            }
        };
    }

    private static void arrays(JdkTypes.Table table) {
        table.add(new LeafPlan(boolean[].class) {
            @Override
            Object copyTree(Object original) {
                return ((boolean[]) original).clone();
            }
        });
        table.add(new LeafPlan(byte[].class) {
            @Override
            Object copyTree(Object original) {
                return ((byte[]) original).clone();
            }
        });
        table.add(new LeafPlan(char[].class) {
            @Override
            Object copyTree(Object original) {
                return ((char[]) original).clone();
            }
        });
        table.add(new LeafPlan(short[].class) {
            @Override
            Object copyTree(Object original) {
                return ((short[]) original).clone();
            }
        });
        table.add(new LeafPlan(int[].class) {
            @Override
            Object copyTree(Object original) {
                return ((int[]) original).clone();
            }
        });
        table.add(new LeafPlan(long[].class) {
            @Override
            Object copyTree(Object original) {
                return ((long[]) original).clone();
            }
        });
        table.add(new LeafPlan(float[].class) {
            @Override
            Object copyTree(Object original) {
                return ((float[]) original).clone();
            }
        });
        table.add(new LeafPlan(double[].class) {
            @Override
            Object copyTree(Object original) {
                return ((double[]) original).clone();
            }
        });
    }

    // ---- atomics

    private static void atomics(JdkTypes.Table table) {
        table.add(leaf(AtomicBoolean.class, a -> new AtomicBoolean(a.get())));
        table.add(leaf(AtomicInteger.class, a -> new AtomicInteger(a.get())));
        table.add(leaf(AtomicLong.class, a -> new AtomicLong(a.get())));
        table.add(leaf(AtomicIntegerArray.class, a -> {
            AtomicIntegerArray copy = new AtomicIntegerArray(a.length());
            for (int i = 0; i < a.length(); i++) {
                copy.setPlain(i, a.get(i));
            }
            return copy;
        }));
        table.add(leaf(AtomicLongArray.class, a -> {
            AtomicLongArray copy = new AtomicLongArray(a.length());
            for (int i = 0; i < a.length(); i++) {
                copy.setPlain(i, a.get(i));
            }
            return copy;
        }));
        table.add(leaf(LongAdder.class, a -> {
            LongAdder copy = new LongAdder();
            copy.add(a.sum());
            return copy;
        }));
        table.add(leaf(DoubleAdder.class, a -> {
            DoubleAdder copy = new DoubleAdder();
            copy.add(a.sum());
            return copy;
        }));
        table.add(new AtomicReferencePlan());
        table.add(new AtomicReferenceArrayPlan());
        table.add(new MarkablePlan());
        table.add(new StampedPlan());
    }

    /** One reference, and maybe more. */
    private abstract static class ReferencePlan extends MutablePlan {
        ReferencePlan(Class<?> type) {
            super(type);
        }

        @Override
        final void fill(Object copy, @Nullable Object[] slots) {
            set(copy, 0, slots[0]);
        }

        @Override
        final boolean takesGaps() {
            return true;
        }

        @Override
        abstract void set(Object copy, int slot, @Nullable Object value);
    }

    private static final class AtomicReferencePlan extends ReferencePlan {
        AtomicReferencePlan() {
            super(AtomicReference.class);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return new @Nullable Object[]{((AtomicReference<?>) original).get()};
        }

        @Override
        Object create(Object original) {
            return new AtomicReference<@Nullable Object>();
        }

        @Override
        @SuppressWarnings("unchecked") // made by create
        void set(Object copy, int slot, @Nullable Object value) {
            ((AtomicReference<@Nullable Object>) copy).setPlain(value);
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return ".get()";
        }
    }

    private static final class MarkablePlan extends ReferencePlan {
        MarkablePlan() {
            super(AtomicMarkableReference.class);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return new @Nullable Object[]{((AtomicMarkableReference<?>) original).getReference()};
        }

        @Override
        Object create(Object original) {
            return new AtomicMarkableReference<@Nullable Object>(null,
                    ((AtomicMarkableReference<?>) original).isMarked());
        }

        @Override
        @SuppressWarnings("unchecked") // made by create
        void set(Object copy, int slot, @Nullable Object value) {
            AtomicMarkableReference<@Nullable Object> reference = (AtomicMarkableReference<@Nullable Object>) copy;
            reference.set(value, reference.isMarked());
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return ".getReference()";
        }
    }

    private static final class StampedPlan extends ReferencePlan {
        StampedPlan() {
            super(AtomicStampedReference.class);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return new @Nullable Object[]{((AtomicStampedReference<?>) original).getReference()};
        }

        @Override
        Object create(Object original) {
            return new AtomicStampedReference<@Nullable Object>(null,
                    ((AtomicStampedReference<?>) original).getStamp());
        }

        @Override
        @SuppressWarnings("unchecked") // made by create
        void set(Object copy, int slot, @Nullable Object value) {
            AtomicStampedReference<@Nullable Object> reference = (AtomicStampedReference<@Nullable Object>) copy;
            reference.set(value, reference.getStamp());
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return ".getReference()";
        }
    }

    private static final class AtomicReferenceArrayPlan extends MutablePlan {
        AtomicReferenceArrayPlan() {
            super(AtomicReferenceArray.class);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            AtomicReferenceArray<?> array = (AtomicReferenceArray<?>) original;
            @Nullable Object[] elements = new Object[array.length()];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = array.get(i);
            }
            return elements;
        }

        @Override
        Object create(Object original) {
            return new AtomicReferenceArray<@Nullable Object>(((AtomicReferenceArray<?>) original).length());
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            for (int i = 0; i < slots.length; i++) {
                set(copy, i, slots[i]);
            }
        }

        @Override
        boolean takesGaps() {
            return true;
        }

        @Override
        @SuppressWarnings("unchecked") // made by create
        void set(Object copy, int slot, @Nullable Object value) {
            ((AtomicReferenceArray<@Nullable Object>) copy).setPlain(slot, value);
        }
    }

    // ---- optionals and entries

    private static final class OptionalPlan extends BuiltPlan {
        OptionalPlan() {
            super(Optional.class);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return ((Optional<?>) original).stream().toArray();
        }

        @Override
        boolean isImmutable() {
            return true;
        }

        @Override
        Object build(Object original, @Nullable Object[] slots) {
            return Optional.ofNullable(slots[0]);
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return ".get()";
        }
    }

    /** Entries of maps that stand for themselves; a key can't be replaced, so they are built. */
    static final class EntryPlan extends BuiltPlan {
        private final BiFunction<Object, Object, Object> make;
        private final boolean isImmutable;

        EntryPlan(Class<?> type, BiFunction<Object, Object, Object> make, boolean isImmutable) {
            super(type);
            this.make = make;
            this.isImmutable = isImmutable;
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            Map.Entry<?, ?> entry = (Map.Entry<?, ?>) original;
            return new @Nullable Object[]{entry.getKey(), entry.getValue()};
        }

        @Override
        boolean isImmutable() {
            return isImmutable;
        }

        @Override
        @SuppressWarnings("NullAway") // null where the original holds null
        Object build(Object original, @Nullable Object[] slots) {
            return make.apply(slots[0], slots[1]);
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return slot == 0 ? ".getKey()" : ".getValue()";
        }
    }
}
