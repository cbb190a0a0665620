package dev.handoff.clone;

import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Comparators of sorted collections: copies use the same ones. */
final class Comparators {
    private static final Class<?> REVERSED = Collections.reverseOrder(String.CASE_INSENSITIVE_ORDER).getClass();

    private Comparators() {
    }

    /**
     * The same comparator, where nobody can change it: it captures nothing, reverses such a one, or is of a class whose
     * objects are shared (an enum, a record of immutables, registered as such). Throws a {@link DataCloneException}
     * without a path where that can't be seen.
     */
    @SuppressWarnings("unchecked") // the original's own
    static @Nullable Comparator<Object> shared(@Nullable Comparator<?> comparator, Plans plans) {
        if (comparator != null && !isShared(comparator, plans)) {
            throw new DataCloneException("a sorted collection can't be cloned, as its comparator "
                    + comparator.getClass().getName() + " holds state; use one without: natural order, a lambda that"
                    + " captures nothing, an enum that implements Comparator; or register Cloner.shared() for its class");
        }
        return (Comparator<Object>) comparator;
    }

    private static boolean isShared(Comparator<?> comparator, Plans plans) {
        Class<?> type = comparator.getClass();
        return comparator == Comparator.naturalOrder() || comparator == Collections.reverseOrder()
                || type == REVERSED && isShared(Collections.reverseOrder(comparator), plans)
                || !holdsFields(type) || plans.of(type).isShared;
    }

    private static boolean holdsFields(Class<?> type) {
        return Stream.<Class<?>>iterate(type, c -> c != null, Class::getSuperclass)
                .flatMap(c -> Stream.of(c.getDeclaredFields())).anyMatch(f -> !Modifier.isStatic(f.getModifiers()));
    }
}
