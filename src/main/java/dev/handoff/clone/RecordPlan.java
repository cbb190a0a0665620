package dev.handoff.clone;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Records; those that {@link PlanCompiler} compiled are subclasses. */
class RecordPlan extends BuiltPlan {
    /**
     * A component: its name, its declared type, its accessor, its field if we may see it, and the plan of all its values
     * if its type tells.
     */
    record Component(String name, Class<?> type, MethodHandle accessor, @Nullable MethodHandle field,
            @Nullable Plan plan) {
        boolean isShared() {
            return isSharedPart(type, plan);
        }
    }

    /** What a record is made of; {@code tree} as {@link Plan#tree} says. */
    record Shape(Class<?> type, List<Component> components, MethodHandle constructor,
            @Nullable Set<Class<?>> tree) {
    }

    private final Shape shape;
    private final MethodHandle[] getters;
    private final MethodHandle constructor;

    RecordPlan(Shape shape) {
        super(shape.type);
        this.shape = shape;
        this.getters = shape.components.stream().map(c -> c.accessor.asType(c.accessor.type().generic()))
                .toArray(MethodHandle[]::new);
        this.constructor = shape.constructor.asFixedArity().asSpreader(Object[].class, getters.length)
                .asType(MethodType.methodType(Object.class, Object[].class));
    }

    @Override
    final @Nullable Object[] contents(Object original) {
        @Nullable Object[] values = new Object[getters.length];
        try {
            for (int i = 0; i < values.length; i++) {
                values[i] = getters[i].invokeExact(original);
            }
        } catch (Throwable e) {
            throw DataCloneException.thrownBy(type.getName() + "'s accessor", e);
        }
        return values;
    }

    @Override
    final boolean isImmutable() {
        return false; // an accessor may tell less than the record holds; compiled code looks closer
    }

    @Override
    final Object build(Object original, @Nullable Object[] slots) {
        try {
            return constructor.invokeExact(slots);
        } catch (Throwable e) {
            throw DataCloneException.thrownBy("a record's constructor", e);
        }
    }

    @Override
    final @Nullable Set<Class<?>> tree() {
        return shape.tree;
    }

    @Override
    final String step(@Nullable Object[] slots, int slot) {
        return "." + shape.components.get(slot).name;
    }

    @Override
    final List<Part> parts() {
        return shape.components.stream().map(c -> new Part(c.name, c.type, c.plan)).toList();
    }

    @Override
    final String explain() {
        return "a record, copied";
    }
}
