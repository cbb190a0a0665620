package dev.handoff.clone;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells of the elements of a collection, one after another, whether they are their own copies. Most collections hold one
 * kind of things, so only an element of another class than the last one's is looked up.
 */
final class SharedRun {
    private final Plans plans;
    /** An object and not its class: two objects' headers are compared with fewer loads than what getClass() returns. */
    private Object last = "";

    SharedRun(Plans plans) {
        this.plans = plans;
    }

    /** Whether the run goes on with an element. */
    boolean takes(@Nullable Object next) {
        return next == null || next.getClass() == last.getClass() || takesOther(next);
    }

    private boolean takesOther(Object next) {
        boolean isShared = Plans.isCommon(next) || plans.of(next.getClass()).isShared;
        if (isShared) {
            last = next;
        }
        return isShared;
    }

    /** Whether all of them are. */
    static boolean takesAll(Iterable<?> elements, Plans plans) {
        SharedRun run = new SharedRun(plans);
        for (Object element : elements) {
            if (!run.takes(element)) {
                return false;
            }
        }
        return true;
    }

    /** Likewise of keys and values. */
    static boolean takesAll(Map<?, ?> map, Plans plans) {
        SharedRun keys = new SharedRun(plans);
        SharedRun values = new SharedRun(plans);
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!keys.takes(entry.getKey()) || !values.takes(entry.getValue())) {
                return false;
            }
        }
        return true;
    }
}
