package dev.handoff.clone;

import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How the objects of one class are cloned, for classes that say nothing themselves: to be registered with
 * {@link Cloners.Builder#register}.
 *
 * <p>
 * A cloner never calls itself for what an object holds. It lists these things, its <em>contents</em>; the library copies
 * them, keeps identity and cycles, and hands the copies over. So depth is no matter, and everything holds for a
 * cloner's objects that holds for collections. The functions are called by the thread that clones, hence by several at
 * once; sometimes again for one object, the first copy being dropped. An exception from one of them is a
 * {@link DataCloneException} with it as cause.
 *
 * @param <T> the class
 */
@SuppressWarnings("UnusedTypeParameter") // ties a cloner to the class it is registered for
public final class Cloner<T> {
    private final Function<Class<?>, Plan> plan;

    private Cloner(Function<Class<?>, Plan> plan) {
        this.plan = plan;
    }

    Plan plan(Class<?> type) {
        return plan.apply(type);
    }

    /**
     * For objects that nobody can change, or that threads may share: they are their own copies.
     *
     * @param <T> the class
     * @return the cloner
     */
    public static <T> Cloner<T> shared() {
        return new Cloner<>(SharedPlan::new);
    }

    /**
     * For objects that hold nothing that would have to be copied.
     *
     * @param copy makes a copy: a new object of the same class
     * @param <T> the class
     * @return the cloner
     */
    public static <T> Cloner<T> leaf(UnaryOperator<T> copy) {
        Objects.requireNonNull(copy, "copy");
        return new Cloner<>(type -> new LeafPlan(type) {
            @Override
            @SuppressWarnings("unchecked") // registered for the class
            Object copyTree(Object original) {
                return UserPlans.checked(type, original, UserPlans.call(type, () -> copy.apply((T) original)));
            }
        });
    }

    /**
     * For objects that are made empty and filled later, so that they can be part of a cycle.
     *
     * @param contents what an object holds
     * @param create makes an object without contents; it must not look into what the original holds
     * @param fill puts the copies of the contents, in their order, into what {@code create} made
     * @param <T> the class
     * @return the cloner
     */
    public static <T> Cloner<T> mutable(Function<T, @Nullable Object[]> contents, UnaryOperator<T> create,
            BiConsumer<T, @Nullable Object[]> fill) {
        Objects.requireNonNull(contents, "contents");
        Objects.requireNonNull(create, "create");
        Objects.requireNonNull(fill, "fill");
        return new Cloner<>(type -> new UserPlans.Mutable<>(type, contents, create, fill));
    }

    /**
     * For objects that are made in one piece from what they hold. Where nothing in there had to be copied, the original
     * serves as its copy: nobody must be able to change it otherwise.
     *
     * @param contents what an object holds
     * @param build makes an object like the first from the copies of its contents, in their order
     * @param <T> the class
     * @return the cloner
     */
    public static <T> Cloner<T> immutable(Function<T, @Nullable Object[]> contents,
            BiFunction<T, @Nullable Object[], T> build) {
        Objects.requireNonNull(contents, "contents");
        Objects.requireNonNull(build, "build");
        return new Cloner<>(type -> new UserPlans.Immutable<>(type, contents, build));
    }
}
