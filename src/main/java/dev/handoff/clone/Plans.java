package dev.handoff.clone;

import dev.handoff.memory.Transferable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The plans of one set of {@link Cloners}: one a class, made at its first use.
 *
 * <p>
 * Classes that live at least as long as this library, those of its own loader and of that loader's parents, have theirs in
 * a table of ours, which costs less to look into than a {@link ClassValue}, and, on a class of the JDK, would keep this
 * library from being unloaded. Other classes have theirs in a {@code ClassValue}, so that they can be.
 */
final class Plans {
    /** The classes of which no plan is asked, so that none can be registered. */
    static final Set<Class<?>> COMMON = Set.of(String.class, Integer.class, Long.class, Double.class);

    private static final VarHandle TABLE;

    static {
        try {
            TABLE = MethodHandles.lookup().findVarHandle(Plans.class, "table", Plan[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Map<Class<?>, Cloner<?>> registered;
    private final Map<Class<?>, MethodHandles.Lookup> opened;
    /** Whether views are refused, as their copies are none. */
    final boolean isStrict;
    /**
     * Open addressing, never more than half full. Replaced by a bigger one, and else only added to, under the lock of
     * this; read by a data race: a plan has final fields, and who misses one looks again under the lock.
     */
    private @Nullable Plan[] table = new @Nullable Plan[128];
    private int size;

    private final ClassValue<Plan> others = new ClassValue<>() {
        @Override
        protected Plan computeValue(Class<?> type) {
            return made(type, new HashMap<>());
        }
    };

    Plans(Map<Class<?>, Cloner<?>> registered, Map<Class<?>, MethodHandles.Lookup> opened, boolean isStrict) {
        this.registered = registered;
        this.opened = opened;
        this.isStrict = isStrict;
    }

    Plan of(Class<?> type) {
        @Nullable Plan[] plans = table;
        int mask = plans.length - 1;
        int at = type.hashCode() & mask;
        for (Plan plan = plans[at]; plan != null; plan = plans[at]) {
            if (plan.type == type) {
                return plan;
            }
            at = at + 1 & mask;
        }
        if (livesAsLong(type)) {
            return add(type);
        }
        Plan plan = others.get(type);
        if (plan instanceof RefusedPlan) {
            others.remove(type); // its module may be opened yet
        }
        return plan;
    }

    /** For objects of the {@link #COMMON} classes, told by one look at an object's header. */
    static boolean isCommon(Object object) {
        return object instanceof String || object instanceof Integer || object instanceof Long
                || object instanceof Double;
    }

    boolean isShared(@Nullable Object object) {
        return object == null || of(object.getClass()).isShared;
    }

    private static boolean livesAsLong(Class<?> type) {
        if (elementType(type).isHidden()) {
            return false;
        }
        for (ClassLoader loader = Plans.class.getClassLoader(); loader != null; loader = loader.getParent()) {
            if (loader == type.getClassLoader()) {
                return true;
            }
        }
        return type.getClassLoader() == null;
    }

    private synchronized Plan add(Class<?> type) {
        int at = place(table, type);
        Plan known = table[at];
        if (known != null) {
            return known;
        }
        Map<Class<?>, @Nullable Plan> made = new HashMap<>();
        Plan plan = made(type, made);
        for (Plan p : made.values()) {
            if (p != null && !(p instanceof RefusedPlan) && livesAsLong(p.type)) { // its module may be opened yet
                put(p);
            }
        }
        return plan;
    }

    private void put(Plan plan) {
        if (2 * ++size > table.length) {
            @Nullable Plan[] bigger = new @Nullable Plan[2 * table.length];
            for (Plan p : table) {
                if (p != null) {
                    bigger[place(bigger, p.type)] = p;
                }
            }
            TABLE.setRelease(this, bigger); // with plain reads of it in of()
        }
        table[place(table, plan.type)] = plan;
    }

    private static int place(@Nullable Plan[] plans, Class<?> type) {
        int mask = plans.length - 1;
        int at = type.hashCode() & mask;
        for (Plan plan = plans[at]; plan != null && plan.type != type; plan = plans[at]) {
            at = at + 1 & mask;
        }
        return at;
    }

    // ---- what a class is

    /** The plan of a class, made at most once with all those it needs; {@code made} has null for those under way. */
    private Plan made(Class<?> type, Map<Class<?>, @Nullable Plan> made) {
        made.put(type, null);
        Plan plan = plan(type, made);
        made.put(type, plan);
        return plan;
    }

    private Plan plan(Class<?> type, Map<Class<?>, @Nullable Plan> made) {
        Cloner<?> cloner = registered.get(type);
        if (cloner != null) {
            return cloner.plan(type);
        }
        MethodHandles.Lookup lookup = opened.get(type);
        if (lookup != null) {
            return openedPlan(type, lookup, made);
        }
        Plan jdk = JdkTypes.plan(type, this);
        if (jdk != null) {
            return jdk;
        }
        if (type.isArray()) {
            return isImmutable(type.getComponentType()) ? ArrayPlan.ofImmutables(type) : new ArrayPlan(type);
        }
        if (StructuredCloneable.class.isAssignableFrom(type)) {
            return new UserPlans.Mutable<StructuredCloneable>(type, StructuredCloneable::cloneContents,
                    StructuredCloneable::cloneEmpty, StructuredCloneable::cloneFill);
        }
        if (Transferable.class.isAssignableFrom(type)) {
            return new MovedPlan(type);
        }
        if (type.isRecord()) {
            return isImmutableRecord(type, new HashSet<>()) ? new SharedPlan(type) : recordPlan(type, made);
        }
        return Refusals.plan(type, this);
    }

    /** Whether all values of a declared type are immutable. */
    private boolean isImmutable(Class<?> declared) {
        return isFinal(declared) && (declared.isPrimitive() || !registered.containsKey(declared)
                && (isPlainRecord(declared)
                        ? isImmutableRecord(declared, new HashSet<>())
                        : JdkTypes.isImmutable(declared)));
    }

    private static boolean isFinal(Class<?> declared) {
        return Modifier.isFinal(declared.getModifiers()) || declared.isEnum();
    }

    /** A record that nothing else is known of. */
    private boolean isPlainRecord(Class<?> type) {
        return type.isRecord() && !registered.containsKey(type) && !StructuredCloneable.class.isAssignableFrom(type)
                && !Transferable.class.isAssignableFrom(type);
    }

    /** Whether its components can hold nothing but immutables, by their declared types; {@code open} guards cycles. */
    private boolean isImmutableRecord(Class<?> type, Set<Class<?>> open) {
        if (!open.add(type)) {
            return true; // it holds its own kind, which adds nothing to the question
        }
        for (RecordComponent component : type.getRecordComponents()) {
            Class<?> t = component.getType();
            if (isPlainRecord(t) ? !isImmutableRecord(t, open) : !isImmutable(t)) {
                return false;
            }
        }
        return true;
    }

    /** The plan of all values of a declared type, or null if it does not tell. */
    private @Nullable Plan declaredPlan(Class<?> declared, Map<Class<?>, @Nullable Plan> made) {
        boolean isExact = declared.isArray() // not so of enums, as there may be arrays of a constant's own class
                ? Modifier.isFinal(elementType(declared).getModifiers())
                : isFinal(declared);
        if (!isExact) {
            return null;
        }
        @Nullable Plan[] plans = table;
        Plan plan = plans[place(plans, declared)];
        if (plan == null) {
            plan = made.containsKey(declared) ? made.get(declared) : made(declared, made);
        }
        return plan instanceof RefusedPlan ? null : plan;
    }

    private static Class<?> elementType(Class<?> type) {
        Class<?> element = type;
        while (element.isArray()) {
            element = element.getComponentType();
        }
        return element;
    }

    // ---- records

    private Plan recordPlan(Class<?> type, Map<Class<?>, @Nullable Plan> made) {
        List<RecordPlan.Component> components = new ArrayList<>();
        MethodHandle constructor;
        try {
            MethodHandles.Lookup lookup = lookup(type);
            boolean isOpen = lookup.lookupClass() == type;
            List<Class<?>> types = new ArrayList<>();
            for (RecordComponent c : type.getRecordComponents()) {
                types.add(c.getType());
                components.add(new RecordPlan.Component(c.getName(), c.getType(), lookup.unreflect(c.getAccessor()),
                        isOpen ? lookup.findGetter(type, c.getName(), c.getType()) : null,
                        declaredPlan(c.getType(), made)));
            }
            constructor = lookup.findConstructor(type, MethodType.methodType(void.class, types));
        } catch (IllegalArgumentException e) {
            return new RefusedPlan(type, "the record " + type.getName()
                    + " can't be cloned, as it has more components than a method handle can pass", e);
        } catch (ReflectiveOperationException e) {
            return new RefusedPlan(type, "the record " + type.getName() + " can't be cloned, as its module does not"
                    + " open its package; add \"opens " + type.getPackageName() + " to dev.handoff\", or call"
                    + " Cloners.open(MethodHandles.lookup()) in that module", e);
        }
        return PlanCompiler.compile(new RecordPlan.Shape(type, components, constructor,
                tree(type, components)));
    }

    private static @Nullable Set<Class<?>> tree(Class<?> type, List<RecordPlan.Component> components) {
        Set<Class<?>> tree = new HashSet<>(Set.of(type));
        for (RecordPlan.Component component : components) {
            if (!component.isShared()) {
                Set<Class<?>> part = component.plan() == null ? null : component.plan().tree();
                if (part == null || part.stream().anyMatch(c -> !tree.add(c))) {
                    return null;
                }
            }
        }
        return tree;
    }

    /** A lookup that sees the record: a full one where its package is open to us, or its module's; else what is public. */
    private static MethodHandles.Lookup lookup(Class<?> type) {
        Plans.class.getModule().addReads(type.getModule());
        try {
            MethodHandles.Lookup given = OpenModules.lookup(type.getModule());
            return MethodHandles.privateLookupIn(type, given == null ? MethodHandles.lookup() : given);
        } catch (IllegalAccessException e) {
            return MethodHandles.lookup();
        }
    }

    // ---- opened classes

    private Plan openedPlan(Class<?> type, MethodHandles.Lookup lookup,
            Map<Class<?>, @Nullable Plan> made) {
        List<ObjectPlan.Field> fields = new ArrayList<>();
        try {
            for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) {
                MethodHandles.Lookup inside = MethodHandles.privateLookupIn(c, lookup);
                for (Field field : instanceFields(c).toList()) {
                    fields.add(new ObjectPlan.Field(field.getName(), field.getType(), inside.unreflectGetter(field),
                            inside.unreflectSetter(field), declaredPlan(field.getType(), made)));
                }
            }
            MethodHandle constructor = MethodHandles.privateLookupIn(type, lookup)
                    .findConstructor(type, MethodType.methodType(void.class));
            return PlanCompiler.compile(new ObjectPlan.Shape(type, fields, constructor));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("checked when it was opened: " + type, e);
        }
    }

    static Stream<Field> instanceFields(Class<?> type) {
        return Stream.of(type.getDeclaredFields()).filter(f -> !Modifier.isStatic(f.getModifiers()));
    }
}
