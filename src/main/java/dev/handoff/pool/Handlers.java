package dev.handoff.pool;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The handlers of one worker. */
final class Handlers {
    private final Map<TaskKey<?, ?>, TaskHandler<?, ?>> byKey;
    private final TaskKey<?, ?> onlyKey;
    private final @Nullable TaskHandler<?, ?> only;

    Handlers(Map<TaskKey<?, ?>, TaskHandler<?, ?>> byKey, TaskKey<?, ?> mostUsed) {
        this.byKey = byKey;
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

    void close() throws Exception {
        for (TaskHandler<?, ?> handler : byKey.values()) {
            if (handler instanceof AutoCloseable resource) {
                resource.close();
            }
        }
    }
}
