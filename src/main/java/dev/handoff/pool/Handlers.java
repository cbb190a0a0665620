package dev.handoff.pool;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The handlers of one worker: those that it has made for itself, and those that it shares with all others. */
final class Handlers {
    private final Map<TaskKey<?, ?>, TaskHandler<?, ?>> byKey;
    private final TaskKey<?, ?> onlyKey;
    private final @Nullable TaskHandler<?, ?> only;
    private final Collection<?> own;

    Handlers(Map<TaskKey<?, ?>, TaskHandler<?, ?>> byKey, TaskKey<?, ?> mostUsed, Collection<?> own) {
        this.byKey = byKey;
        this.own = own;
        onlyKey = mostUsed;
        only = byKey.get(mostUsed);
    }

    @SuppressWarnings({"unchecked", "ReferenceEquality"}) // the key says what the task is; keys have no equals
    TaskHandler<Object, ?> get(TaskKey<?, ?> key) {
        TaskHandler<?, ?> handler = key == onlyKey && only != null ? only : byKey.get(key);
        if (handler == null) {
            throw new IllegalArgumentException("there is no handler for " + key);
        }
        return (TaskHandler<Object, ?>) handler;
    }

    /** The worker ends. */
    void close() throws Exception {
        close(own);
    }

    /** Closes those that can be closed, all of them, whatever some of them throw. */
    static void close(Collection<?> handlers) throws Exception {
        Exception first = null;
        for (Object handler : handlers) {
            if (handler instanceof AutoCloseable resource) {
                try {
                    resource.close();
                } catch (Exception e) {
                    if (first == null) {
                        first = e;
                    } else {
                        first.addSuppressed(e);
                    }
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
