package dev.handoff.clone;

import java.util.AbstractMap;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Date;
import java.util.EnumSet;
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

    /** The plan of a class, or null if it is none of these. */
    static @Nullable Plan plan(Class<?> type) {
        return JdkTypes.isJdk(type) ? namedPlan(type) : datePlan(type);
    }

    private static @Nullable Plan namedPlan(Class<?> type) {
        return switch (type.getName()) {
            case "java.lang.StringBuilder" -> leaf(StringBuilder.class, StringBuilder::new);
            case "java.lang.StringBuffer" -> leaf(StringBuffer.class, StringBuffer::new);
            case "java.util.BitSet" -> leaf(BitSet.class, set -> (BitSet) set.clone());
            case "java.util.Optional" -> new OptionalPlan();
            case "java.util.AbstractMap$SimpleEntry" -> new EntryPlan(type, AbstractMap.SimpleEntry::new, false);
            case "java.util.AbstractMap$SimpleImmutableEntry" ->
                new EntryPlan(type, AbstractMap.SimpleImmutableEntry::new, true);
            case "java.util.KeyValueHolder" -> new EntryPlan(type, Map::entry, true);
            default -> type.getPackageName().equals(AtomicInteger.class.getPackageName())
                    ? atomicPlan(type)
                    : kindPlan(type);
        };
    }

    private static @Nullable Plan kindPlan(Class<?> type) {
        if (EnumSet.class.isAssignableFrom(type)) {
            return cloning(type, set -> ((EnumSet<?>) set).clone());
        }
        if (Calendar.class.isAssignableFrom(type)) {
            return cloning(type, calendar -> ((Calendar) calendar).clone());
        }
        return TimeZone.class.isAssignableFrom(type)
                ? cloning(type, zone -> ((TimeZone) zone).clone())
                : datePlan(type);
    }

    @SuppressWarnings("JavaUtilDate") // bad to use, but used
    private static @Nullable Plan datePlan(Class<?> type) {
        return Date.class.isAssignableFrom(type)
                && (JdkTypes.isJdk(type) || "java.sql".equals(type.getModule().getName()))
                        ? cloning(type, date -> ((Date) date).clone())
                        : null;
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

    /** The plan of an array of primitives, or null if it is none. */
    static @Nullable Plan arrayPlan(Class<?> type) {
        if (type == boolean[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((boolean[]) original).clone();
                }
            };
        }
        if (type == byte[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((byte[]) original).clone();
                }
            };
        }
        if (type == char[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((char[]) original).clone();
                }
            };
        }
        if (type == short[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((short[]) original).clone();
                }
            };
        }
        if (type == int[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((int[]) original).clone();
                }
            };
        }
        if (type == long[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((long[]) original).clone();
                }
            };
        }
        if (type == float[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((float[]) original).clone();
                }
            };
        }
        if (type == double[].class) {
            return new LeafPlan(type) {
                @Override
                Object copyTree(Object original) {
                    return ((double[]) original).clone();
                }
            };
        }
        return null;
    }

    // ---- atomics

    private static @Nullable Plan atomicPlan(Class<?> type) {
        return switch (type.getSimpleName()) {
            case "AtomicBoolean" -> leaf(AtomicBoolean.class, a -> new AtomicBoolean(a.get()));
            case "AtomicInteger" -> leaf(AtomicInteger.class, a -> new AtomicInteger(a.get()));
            case "AtomicLong" -> leaf(AtomicLong.class, a -> new AtomicLong(a.get()));
            case "AtomicIntegerArray" -> leaf(AtomicIntegerArray.class, a -> {
                AtomicIntegerArray copy = new AtomicIntegerArray(a.length());
                for (int i = 0; i < a.length(); i++) {
                    copy.setPlain(i, a.get(i));
                }
                return copy;
            });
            case "AtomicLongArray" -> leaf(AtomicLongArray.class, a -> {
                AtomicLongArray copy = new AtomicLongArray(a.length());
                for (int i = 0; i < a.length(); i++) {
                    copy.setPlain(i, a.get(i));
                }
                return copy;
            });
            case "LongAdder" -> leaf(LongAdder.class, a -> {
                LongAdder copy = new LongAdder();
                copy.add(a.sum());
                return copy;
            });
            case "DoubleAdder" -> leaf(DoubleAdder.class, a -> {
                DoubleAdder copy = new DoubleAdder();
                copy.add(a.sum());
                return copy;
            });
            case "AtomicReference" -> new AtomicReferencePlan();
            case "AtomicReferenceArray" -> new AtomicReferenceArrayPlan();
            case "AtomicMarkableReference" -> new MarkablePlan();
            case "AtomicStampedReference" -> new StampedPlan();
            default -> null;
        };
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
