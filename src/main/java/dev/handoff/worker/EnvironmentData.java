package dev.handoff.worker;

import dev.handoff.clone.DataCloneException;
import dev.handoff.clone.PreparedClone;
import dev.handoff.clone.StructuredClone;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values by name that a worker has from whoever started it, without their being handed to it: settings of a program.
 *
 * <p>
 * Each worker has a set of its own, and so has the JVM, for all threads that are no worker's. A worker begins with what its
 * parent's set holds at that moment; its own children begin with what it holds by then. Changes made later reach no worker
 * that runs already.
 *
 * <p>
 * Values are cloned on the way in and again on the way out, so that nobody shares anything that can be changed: to change
 * a value means to set it anew. The clones are those of {@link StructuredClone}: what is immutable is shared, and so are
 * shared and frozen buffers. To start a worker copies nothing.
 *
 * <p>
 * Thread-safe; lock-free to read. What was done before a value was set happens-before what is done after it was got.
 * Modelled on Node's <a href=
 * "https://nodejs.org/api/worker_threads.html#workersetenvironmentdatakey-value">{@code setEnvironmentData}</a>.
 */
public final class EnvironmentData {
    /** Of all threads that are no worker's. */
    private static final EnvironmentData OF_THE_JVM = new EnvironmentData(Map.of());

    /** Never changed, but replaced, under the lock of this; read without. Nobody else has the values in it. */
    private volatile Map<String, Object> values;

    private EnvironmentData(Map<String, Object> values) {
        this.values = values;
    }

    /**
     * The set that counts for the calling thread.
     *
     * @return that of the worker whose thread this is, else the JVM's
     */
    public static EnvironmentData current() {
        return of(Worker.current());
    }

    static EnvironmentData of(@Nullable Worker<?, ?> worker) {
        return worker == null ? OF_THE_JVM : worker.environmentData();
    }

    /** What a child begins with. */
    EnvironmentData inherited() {
        return new EnvironmentData(values);
    }

    /**
     * Sets a value, for this set and for the workers that are started from here from now on.
     *
     * @param key its name
     * @param value what to clone
     * @throws DataCloneException if something in it can't be cloned, or again and again, as is so for an owned buffer;
     *     nothing changed then
     * @throws WrongThreadException if another thread owns a buffer in it; nothing changed then
     */
    public void set(String key, Object value) {
        Objects.requireNonNull(key, "key");
        Object copy = reusableCopy(key, Objects.requireNonNull(value, "value"));
        synchronized (this) {
            Map<String, Object> changed = new TreeMap<>(values);
            changed.put(key, copy);
            values = changed;
        }
    }

    private static Object reusableCopy(String key, Object value) {
        PreparedClone<Object> copy = StructuredClone.prepare(value);
        copy.revoke();
        copy.commit("environment data");
        try {
            StructuredClone.clone(copy.value());
        } catch (DataCloneException e) { // the copy of an owned buffer is nobody's, so its bytes can't be read
            copy.discard();
            throw new DataCloneException("environment data '" + key + "' has to be cloned for each use, but "
                    + e.getMessage() + "; share() or freeze() a buffer", e);
        }
        return copy.value();
    }

    /**
     * A value.
     *
     * @param key its name
     * @param type the class of the value, or one above it
     * @param <T> that class
     * @return a copy of the caller's own, or null where none was set
     * @throws ClassCastException if the value is none of that class
     */
    public <T> @Nullable T get(String key, Class<T> type) {
        Object value = values.get(Objects.requireNonNull(key, "key"));
        return value == null ? null : StructuredClone.clone(type.cast(value));
    }

    /**
     * Removes a value, for this set and for the workers that are started from here from now on. Does nothing where none
     * was set.
     *
     * @param key its name
     */
    public synchronized void delete(String key) {
        Map<String, Object> changed = new TreeMap<>(values);
        changed.remove(Objects.requireNonNull(key, "key"));
        values = changed;
    }

    /**
     * The names of all values.
     *
     * @return those of this moment
     */
    public Set<String> keys() {
        return Set.copyOf(values.keySet());
    }

    @Override
    public String toString() {
        return "EnvironmentData" + values.keySet();
    }
}
