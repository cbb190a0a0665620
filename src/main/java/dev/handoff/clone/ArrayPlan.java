package dev.handoff.clone;

import java.lang.reflect.Array;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Arrays of objects. */
final class ArrayPlan extends MutablePlan {
    ArrayPlan(Class<?> type) {
        super(type);
    }

    /** An array whose elements can be nothing but immutable, by its type: copied in one piece. */
    static Plan ofImmutables(Class<?> type) {
        return new LeafPlan(type) {
            @Override
            Object copyTree(Object original) {
                return ((Object[]) original).clone();
            }
        };
    }

    @Override
    Object create(Object original) {
        return Array.newInstance(type.getComponentType(), ((Object[]) original).length);
    }

    @Override
    @Nullable
    Object[] contents(Object original) {
        @Nullable Object[] array = (Object[]) original;
        return Arrays.copyOf(array, array.length, Object[].class);
    }

    @Override
    void fill(Object copy, @Nullable Object[] slots) {
        System.arraycopy(slots, 0, copy, 0, slots.length);
    }

    @Override
    boolean takesGaps() {
        return true;
    }

    @Override
    void set(Object copy, int slot, @Nullable Object value) {
        ((@Nullable Object[]) copy)[slot] = value;
    }

    @Override
    @Nullable
    Object copyAlone(Object original, Plans plans) {
        @Nullable Object[] copy = ((Object[]) original).clone();
        return SharedRun.takesAll(Arrays.asList(copy), plans) ? copy : null;
    }

    @Override
    void fill(Object original, Object copy, Descent descent) {
        @Nullable Object[] from = (Object[]) original;
        @Nullable Object[] to = (Object[]) copy;
        for (int i = 0; i < from.length; i++) {
            to[i] = descent.copy(from[i]);
        }
    }
}
