package dev.handoff.clone;

import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Objects of a class that was opened to the library: made by its constructor without arguments, filled field by field. */
abstract class ObjectPlan extends MutablePlan {
    /** A field: its name, its declared type, and the plan of all its values if its type tells. */
    record Field(String name, Class<?> type, MethodHandle get, MethodHandle set, @Nullable Plan plan) {
        boolean isShared() {
            return isSharedPart(type, plan);
        }
    }

    record Shape(Class<?> type, List<Field> fields, MethodHandle constructor) {
    }

    private final Shape shape;
    private final MethodHandle[] getters;
    private final MethodHandle[] setters;

    ObjectPlan(Shape shape) {
        super(shape.type);
        this.shape = shape;
        this.getters = shape.fields.stream().map(f -> f.get.asType(f.get.type().generic()))
                .toArray(MethodHandle[]::new);
        this.setters = shape.fields.stream().map(f -> f.set.asType(f.set.type().generic()
                .changeReturnType(void.class))).toArray(MethodHandle[]::new);
    }

    @Override
    final Object create(Object original) {
        try {
            return create();
        } catch (Throwable e) {
            throw DataCloneException.thrownBy(type.getName() + "'s constructor", e);
        }
    }

    /** By the constructor. */
    abstract Object create() throws Throwable;

    @Override
    final @Nullable Object[] contents(Object original) {
        @Nullable Object[] values = new Object[getters.length];
        try {
            for (int i = 0; i < values.length; i++) {
                values[i] = getters[i].invokeExact(original);
            }
        } catch (Throwable e) {
            DataCloneException.rethrowIfFatal(e);
            throw new AssertionError("reading a field can't fail", e);
        }
        return values;
    }

    @Override
    final void fill(Object copy, @Nullable Object[] slots) {
        try {
            for (int i = 0; i < setters.length; i++) {
                setters[i].invokeExact(copy, slots[i]);
            }
        } catch (Throwable e) {
            throw new AssertionError("writing a field can't fail", e);
        }
    }

    @Override
    final boolean takesGaps() {
        return true;
    }

    @Override
    final void set(Object copy, int slot, @Nullable Object value) {
        try {
            setters[slot].invokeExact(copy, value);
        } catch (Throwable e) {
            throw new AssertionError("writing a field can't fail", e);
        }
    }

    @Override
    final String step(@Nullable Object[] slots, int slot) {
        return "." + shape.fields.get(slot).name;
    }

    @Override
    final List<Part> parts() {
        return shape.fields.stream().map(f -> new Part(f.name, f.type, f.plan)).toList();
    }

    @Override
    final String explain() {
        return "opened; made by its constructor, and filled";
    }
}
