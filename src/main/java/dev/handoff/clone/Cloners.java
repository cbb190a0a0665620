package dev.handoff.clone;

import dev.handoff.memory.Marks;
import dev.handoff.memory.Transferable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be cloned, and how: the options of {@link StructuredClone}. Built once, immutable, to be shared by all threads
 * and kept in a {@code static final} field: each set of cloners learns the classes it meets anew.
 */
public final class Cloners {
    static final Cloners STANDARD = new Builder().build();

    private final Plans plans;

    private Cloners(Builder builder) {
        this.plans = new Plans(Map.copyOf(builder.registered), Map.copyOf(builder.opened), builder.isStrict);
    }

    /**
     * Those of {@link StructuredClone}, where nothing is registered.
     *
     * @return the standard cloners
     */
    public static Cloners standard() {
        return STANDARD;
    }

    /**
     * Begins a set of cloners that knows what the {@linkplain #standard standard} one does, and more.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Lets all cloners clone the records of a module that does not open their packages to {@code dev.handoff}. Called
     * once, by that module; on the class path there is no need for it.
     *
     * @param lookup {@code MethodHandles.lookup()}, called by a class of the module
     * @throws IllegalArgumentException if the lookup lacks full privileges
     */
    public static void open(MethodHandles.Lookup lookup) {
        OpenModules.open(Objects.requireNonNull(lookup, "lookup"));
    }

    /**
     * Copies a value of which nothing moves.
     *
     * @param value what to copy; null is its own copy
     * @param <T> its type
     * @return the copy; copies of buffers in it are unclaimed
     * @throws DataCloneException if something in the value can't be cloned
     * @throws WrongThreadException if another thread owns a buffer in the value
     */
    @SuppressWarnings("unchecked") // a copy has the class of its original
    public <T extends @Nullable Object> T clone(T value) {
        if (value == null) {
            return value;
        }
        Object alone = copyAlone(value);
        return alone != null ? (T) alone : deliver(prepare(value, List.of(), false));
    }

    /**
     * Copies a value; what is listed moves into the copy instead.
     *
     * @param value what to copy; null is its own copy
     * @param transfer what to move: the handles of the caller are gone afterwards, in the value or not
     * @param <T> its type
     * @return the copy; moved handles in it are unclaimed
     * @throws DataCloneException if something in the value can't be cloned, or if something in the list is listed twice or
     *     gone; all handles are still the caller's then
     * @throws WrongThreadException if another thread owns a buffer in the value or in the list; all handles are still
     *     the caller's then
     * @throws IllegalStateException if a native call is using a listed buffer; all handles are still the caller's then,
     *     though views of other listed buffers may be revoked
     */
    public <T extends @Nullable Object> T clone(T value, Transferable... transfer) {
        return transfer.length == 0 ? clone(value) : deliver(prepare(value, Arrays.asList(transfer.clone()), false));
    }

    private static <T extends @Nullable Object> T deliver(PreparedClone<T> clone) {
        clone.revoke();
        clone.commit("a clone");
        return clone.value();
    }

    /**
     * Copies a value and begins to move what is listed, for a caller that delivers the message itself. Where nothing is
     * listed, {@link #copyAlone} may have a cheaper copy.
     *
     * @param value what to copy
     * @param transfer what to move
     * @param <T> its type
     * @return the copy, to be committed or aborted
     * @throws DataCloneException as {@link #clone} does
     * @throws WrongThreadException as {@link #clone} does
     */
    public <T extends @Nullable Object> PreparedClone<T> prepare(T value, Transferable... transfer) {
        return prepare(value, Arrays.asList(transfer.clone()), false);
    }

    /**
     * Copies a value and begins to move every transferable that it reaches.
     *
     * @param value what to copy
     * @param <T> its type
     * @return the copy, to be committed or aborted
     * @throws DataCloneException as {@link #clone} does
     * @throws WrongThreadException as {@link #clone} does
     */
    public <T extends @Nullable Object> PreparedClone<T> prepareMove(T value) {
        return prepare(value, List.of(), true);
    }

    /**
     * Copies a value if that needs no record of what was copied, as nothing in it can come up twice, and nothing moves with
     * it: for a caller that delivers messages itself, and allocates nothing for those that are their own copies.
     *
     * @param value what to copy
     * @param <T> its type
     * @return the copy; or null where {@link #prepare} has to make it, or to say why it can't be made
     */
    @SuppressWarnings("unchecked") // a copy has the class of its original
    public <T> @Nullable T copyAlone(T value) {
        if (Marks.anyUncloneable()) {
            return null;
        }
        try {
            return (T) plans.of(value.getClass()).copyAlone(value, plans);
        } catch (Throwable e) { // whatever a constructor throws: the copier meets it again, and says where
            DataCloneException.rethrowIfFatal(e);
            return null;
        }
    }

    /**
     * Whether all objects of a class are their own copies, as nobody can change them.
     *
     * @param type the class
     * @return true if they are
     */
    public boolean isShared(Class<?> type) {
        return plans.of(type).isShared;
    }

    @SuppressWarnings("unchecked") // a copy has the class of its original
    private <T extends @Nullable Object> PreparedClone<T> prepare(T value, List<Transferable> list, boolean moveAll) {
        Moves moves = new Moves(list, moveAll);
        try {
            T copy = value == null ? value : (T) copy(value, moves);
            return new PreparedClone<>(copy, moves.begun());
        } catch (Throwable e) { // also a checked exception, which code of the user's may throw undeclared
            moves.abort();
            throw e;
        }
    }

    private Object copy(Object value, Moves moves) {
        if (Marks.anyUncloneable()) {
            return new Copier(plans, moves).copyAll(value); // which looks at every object
        }
        try {
            return Descent.copyAll(value, plans.of(value.getClass()), plans, moves);
        } catch (Throwable e) { // whatever it was, the copier can do it, or says why not and where
            DataCloneException.rethrowIfFatal(e);
        }
        return new Copier(plans, moves).copyAll(value);
    }

    /**
     * What happens to objects of a class, so that users see what their messages cost.
     *
     * @param type the class
     * @return a text for a reader; its form may change
     */
    public String explain(Class<?> type) {
        Plan plan = plans.of(type);
        boolean isAbstract = plan instanceof RefusedPlan && Modifier.isAbstract(type.getModifiers());
        return type.getTypeName() + ": " + (isAbstract ? "as the class of the value says" : explain(plan));
    }

    private static String explain(Plan plan) {
        StringBuilder text = new StringBuilder();
        explain(plan, "\n  ", new HashSet<>(), text);
        return text.toString();
    }

    /** Tells the parts of each class once: a class that many refer to would be told for each way to it. */
    private static void explain(Plan plan, String line, Set<Class<?>> told, StringBuilder text) {
        List<Plan.Part> parts = plan.parts();
        text.append(plan.explain());
        if (!parts.isEmpty() && !told.add(plan.type)) {
            text.append(", see above");
            return;
        }
        for (Plan.Part part : parts) {
            text.append(line).append(part.name()).append(", ").append(part.type().getTypeName()).append(": ");
            if (part.type().isPrimitive()) {
                text.append("a value");
            } else if (part.plan() == null) {
                text.append("as the class of the value says");
            } else {
                explain(part.plan(), line + "  ", told, text);
            }
        }
    }

    /** Builds a set of cloners. Not thread-safe. */
    public static final class Builder {
        private final Map<Class<?>, Cloner<?>> registered = new HashMap<>();
        private final Map<Class<?>, MethodHandles.Lookup> opened = new HashMap<>();
        private boolean isStrict;

        private Builder() {
        }

        /**
         * Says how the objects of a class are cloned, instead of all that is known about it; those of its subclasses are
         * no such objects.
         *
         * @param type the class
         * @param cloner how to clone them
         * @param <T> the class
         * @return this
         * @throws IllegalArgumentException if the class was registered or opened before, if it is abstract, or if it can't
         *     have a cloner: a primitive type, an array, an enum, a transferable; {@code String}, {@code Integer},
         *     {@code Long}, {@code Double}
         */
        public <T> Builder register(Class<T> type, Cloner<T> cloner) {
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(cloner, "cloner");
            requireNew(type);
            registered.put(type, cloner);
            return this;
        }

        /**
         * Lets mutable objects of a class be cloned, by its constructor without arguments and field by field: all of its
         * instance fields and those of its superclasses, whatever their modifiers.
         *
         * @param lookup sees the class and its superclasses: {@code MethodHandles.lookup()}, called by a class of the
         *     same module
         * @param types the classes; objects of subclasses are not meant
         * @return this
         * @throws IllegalArgumentException if a class was registered or opened before, is named twice, has no constructor
         *     without arguments, or has a final field, which could not be filled; or if the lookup does not see it; nothing
         *     was opened
         */
        public Builder open(MethodHandles.Lookup lookup, Class<?>... types) {
            Objects.requireNonNull(lookup, "lookup");
            Map<Class<?>, MethodHandles.Lookup> all = new HashMap<>();
            for (Class<?> type : List.of(types.clone())) {
                requireNew(type);
                requireOpen(lookup, type);
                if (all.put(type, lookup) != null) {
                    throw new IllegalArgumentException(type.getName() + " is to be opened twice");
                }
            }
            opened.putAll(all);
            return this;
        }

        /**
         * Refuses what would have a copy of another class: the views of collections, such as {@code subList},
         * {@code keySet} and {@code reversed()}, whose copies are collections of their own otherwise.
         *
         * @return this
         */
        public Builder strict() {
            isStrict = true;
            return this;
        }

        private void requireNew(Class<?> type) {
            if (Plans.COMMON.contains(type)) {
                throw new IllegalArgumentException(type.getName() + " can't have a cloner of its own: a "
                        + type.getSimpleName() + " is always its own copy, as nobody can change it");
            }
            if (registered.containsKey(type) || opened.containsKey(type)) {
                throw new IllegalArgumentException(type.getName() + " was registered or opened before");
            }
            if (type.isPrimitive() || type.isArray() || Enum.class.isAssignableFrom(type)
                    || Transferable.class.isAssignableFrom(type)
                    || Modifier.isAbstract(type.getModifiers())) {
                throw new IllegalArgumentException(
                        type.getTypeName() + " can't have a cloner of its own: it is abstract,"
                                + " primitive, an array, an enum or a transferable");
            }
        }

        private static void requireOpen(MethodHandles.Lookup lookup, Class<?> type) {
            if (type.isRecord()) {
                throw new IllegalArgumentException(type.getName() + " needs no opening, as it is a record");
            }
            Plans.class.getModule().addReads(type.getModule());
            Class<?> seen = type;
            try {
                MethodHandles.privateLookupIn(type, lookup).findConstructor(type,
                        MethodType.methodType(void.class));
                for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) {
                    seen = c;
                    MethodHandles.Lookup inside = MethodHandles.privateLookupIn(c, lookup);
                    for (Field field : Plans.instanceFields(c).toList()) {
                        if (Modifier.isFinal(field.getModifiers())) {
                            throw new IllegalArgumentException(type.getName() + " can't be opened, as its field "
                                    + field.getName() + " is final; let it implement StructuredCloneable, or register a"
                                    + " Cloner for it");
                        }
                        inside.unreflectSetter(field);
                    }
                }
            } catch (NoSuchMethodException e) {
                throw new IllegalArgumentException(type.getName() + " can't be opened, as it has no constructor without"
                        + " arguments; let it implement StructuredCloneable, or register a Cloner for it", e);
            } catch (IllegalAccessException e) {
                throw new IllegalArgumentException(type.getName() + " can't be opened, as the lookup " + lookup
                        + " does not see inside " + seen.getName(), e);
            }
        }

        /**
         * Builds it; the builder may be used further.
         *
         * @return what was described
         */
        public Cloners build() {
            return new Cloners(this);
        }
    }
}
