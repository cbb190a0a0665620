package dev.handoff.clone;

import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Plans that call what a user wrote, and check what comes back. */
final class UserPlans {
    private UserPlans() {
    }

    /** What a user's function returns; a {@link DataCloneException} if it throws. */
    static <R extends @Nullable Object> R call(Class<?> type, Supplier<R> function) {
        try {
            return function.get();
        } catch (Throwable e) {
            throw DataCloneException.thrownBy("the cloner of " + type.getName(), e);
        }
    }

    /** The copy, if it may serve as one: anything else would break the promise of the copy's class. */
    static Object checked(Class<?> type, Object original, @Nullable Object copy) {
        if (copy == null || copy.getClass() != original.getClass()) {
            throw new DataCloneException("the cloner of " + type.getName() + " made "
                    + (copy == null ? "null" : "a " + copy.getClass().getName())
                    + "; a copy has the class of its original");
        }
        if (copy == original) {
            throw new DataCloneException("the cloner of " + type.getName() + " made no new object; what nobody can"
                    + " change is for Cloner.shared()");
        }
        return copy;
    }

    private static @Nullable Object[] checked(Class<?> type, @Nullable Object @Nullable [] contents) {
        if (contents == null) {
            throw new DataCloneException("the cloner of " + type.getName() + " told null as the contents");
        }
        return Arrays.copyOf(contents, contents.length, Object[].class); // it may be the original's own
    }

    @SuppressWarnings("unchecked") // registered for the class
    static final class Mutable<T> extends MutablePlan {
        private final Function<T, @Nullable Object[]> contents;
        private final UnaryOperator<T> create;
        private final BiConsumer<T, @Nullable Object[]> fill;

        Mutable(Class<?> type, Function<T, @Nullable Object[]> contents, UnaryOperator<T> create,
                BiConsumer<T, @Nullable Object[]> fill) {
            super(type);
            this.contents = contents;
            this.create = create;
            this.fill = fill;
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return checked(type, call(type, () -> contents.apply((T) original)));
        }

        @Override
        Object create(Object original) {
            return checked(type, original, call(type, () -> create.apply((T) original)));
        }

        /** The user's function may look into what it is given. */
        @Override
        void fill(Object original, Object copy, Descent descent) {
            @Nullable Object[] slots = contents(original);
            for (int i = 0; i < slots.length; i++) {
                slots[i] = descent.copy(slots[i]);
            }
            descent.requireFilled();
            fill(copy, slots);
        }

        @Override
        void fill(Object copy, @Nullable Object[] slots) {
            call(type, () -> {
                fill.accept((T) copy, slots.clone());
                return null;
            });
        }
    }

    @SuppressWarnings("unchecked") // registered for the class
    static final class Immutable<T> extends BuiltPlan {
        private final Function<T, @Nullable Object[]> contents;
        private final BiFunction<T, @Nullable Object[], T> build;

        Immutable(Class<?> type, Function<T, @Nullable Object[]> contents,
                BiFunction<T, @Nullable Object[], T> build) {
            super(type);
            this.contents = contents;
            this.build = build;
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return checked(type, call(type, () -> contents.apply((T) original)));
        }

        @Override
        boolean isImmutable() {
            return true;
        }

        @Override
        Object build(Object original, @Nullable Object[] slots) {
            return checked(type, original, call(type, () -> build.apply((T) original, slots.clone())));
        }
    }
}
