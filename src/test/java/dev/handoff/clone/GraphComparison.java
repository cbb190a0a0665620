package dev.handoff.clone;

import dev.handoff.clone.UserObjects.Node;
import dev.handoff.memory.FrozenBuffer;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.memory.Transferable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Compares two graphs of objects without a word of the library: classes, contents, order where there is one, and
 * identity, as a one-to-one relation between the objects of the one and those of the other. Iterative, so that depth is
 * no matter.
 *
 * <p>
 * Where a collection of several elements has no order these are matched by label: a value that nobody can change is its own label,
 * anything else must hold one {@link Label} directly.
 */
final class GraphComparison {
    /** Marks what holds it, among the elements of a hash table. */
    record Label(int id) {
    }

    private record Pair(Object a, Object b, Pair parent, String step) {
        /** The way to here, or its end where it is a long one. */
        String path() {
            Deque<String> steps = new ArrayDeque<>();
            Pair at = this;
            for (; at != null && steps.size() < 24; at = at.parent) {
                steps.addFirst(at.step);
            }
            return (at == null ? "" : "...") + String.join("", steps);
        }
    }

    private static final Set<Class<?>> VALUES = Set.of(String.class, Boolean.class, Character.class, Byte.class,
            Short.class, Integer.class, Long.class, Float.class, Double.class, BigInteger.class, BigDecimal.class,
            Class.class, UUID.class, URI.class, Pattern.class, Locale.class, Currency.class, SharedBuffer.class,
            FrozenBuffer.class);

    private record Component(String name, boolean primitive, MethodHandle accessor) {
        Object of(Object record) {
            try {
                return accessor.invokeExact(record);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }

    private static final ClassValue<List<Component>> COMPONENTS = new ClassValue<>() {
        @Override
        protected List<Component> computeValue(Class<?> type) {
            try {
                MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
                List<Component> components = new ArrayList<>();
                for (RecordComponent c : type.getRecordComponents()) {
                    MethodHandle accessor = lookup.unreflect(c.getAccessor())
                            .asType(MethodType.methodType(Object.class, Object.class));
                    components.add(new Component(c.getName(), c.getType().isPrimitive(), accessor));
                }
                return List.copyOf(components);
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
    };

    private final boolean clone;
    private final Deque<Pair> pairs = new ArrayDeque<>();
    private final Map<Object, Object> forward = new IdentityHashMap<>();
    private final Map<Object, Object> backward = new IdentityHashMap<>();
    private final Map<OwnedBuffer, OwnedBuffer> buffers = new LinkedHashMap<>();
    private Pair at;

    private GraphComparison(boolean clone) {
        this.clone = clone;
    }

    /**
     * Asserts that a copy is a faithful clone: equal, of the same classes and the same structure, with no mutable object
     * of the original in it.
     *
     * @return the owned buffers of the original, each with its copy, whose bytes were not compared
     */
    static Map<OwnedBuffer, OwnedBuffer> assertClone(Object original, Object copy) {
        return new GraphComparison(true).compare(original, copy);
    }

    /** Asserts that two graphs made one beside the other are of the same structure; returns their owned buffers. */
    static Map<OwnedBuffer, OwnedBuffer> assertTwins(Object a, Object b) {
        return new GraphComparison(false).compare(a, b);
    }

    static boolean isValue(Object o) {
        return o == null || VALUES.contains(o.getClass()) || o instanceof Enum
                || o.getClass().getPackageName().startsWith("java.time");
    }

    private Map<OwnedBuffer, OwnedBuffer> compare(Object rootA, Object rootB) {
        pairs.add(new Pair(rootA, rootB, null, "$"));
        while (!pairs.isEmpty()) {
            at = pairs.removeLast();
            visit(at.a, at.b);
        }
        return buffers;
    }

    private AssertionError difference(String what) {
        return new AssertionError(at.path() + ": " + what);
    }

    private void check(boolean condition, String what) {
        if (!condition) {
            throw difference(what);
        }
    }

    private void checkEqual(Object a, Object b, String what) {
        if (!Objects.equals(a, b)) {
            throw difference(what + " " + a + " became " + b);
        }
    }

    private static String name(Object o) {
        return o == null ? "null" : o.getClass().getTypeName();
    }

    private void visit(Object a, Object b) {
        if (isValue(a)) {
            if (a != b && (clone || !isEqual(a, b))) {
                throw difference(a + ", which nobody can change, became " + (isValue(b) ? "another, " + b : name(b)));
            }
            return;
        }
        if (b == null || !kind(a).equals(kind(b))) {
            throw difference(name(a) + " became " + name(b));
        }
        Object counterpart = forward.put(a, b);
        Object converse = backward.put(b, a);
        if (counterpart != null || converse != null) {
            if (counterpart != b || converse != a) {
                throw difference(
                        name(a) + (counterpart == null ? " is the counterpart of two" : " has two counterparts"));
            }
            return;
        }
        if (a == b && !isImmutable(a)) {
            throw difference(name(a) + " is the same object in both, and can change");
        }
        if (a.getClass().isArray()) {
            array(a, b);
        } else if (a instanceof Record) {
            record(a, b);
        } else if (a instanceof OwnedBuffer buffer) {
            buffers.put(buffer, (OwnedBuffer) b);
        } else if (a instanceof Map<?, ?> map) {
            map(map, (Map<?, ?>) b);
        } else if (a instanceof Collection<?> collection) {
            collection(collection, (Collection<?>) b);
        } else if (a instanceof Node node) {
            contents(node, (Node) b);
        } else if (!(a instanceof Transferable)) {
            throw difference("no rule for " + name(a));
        }
    }

    private static boolean isEqual(Object a, Object b) {
        return switch (a) {
            case null -> false;
            case Pattern p -> b instanceof Pattern q && p.pattern().equals(q.pattern()) && p.flags() == q.flags();
            case SharedBuffer s -> b instanceof SharedBuffer t && s.segment().mismatch(t.segment()) < 0
                    && s.maxByteSize() == t.maxByteSize();
            default -> a.equals(b);
        };
    }

    /** Its class; what {@code List.of} and its like return is of one kind, though their classes go by the size. */
    private static Object kind(Object o) {
        boolean fixed = o.getClass().getName().startsWith("java.util.ImmutableCollections$");
        return !fixed ? o.getClass() : o instanceof List ? "List.of" : o instanceof Set ? "Set.of" : "Map.of";
    }

    /** Whether it may be in both, if all that it holds may. */
    private static boolean isImmutable(Object o) {
        String name = o.getClass().getName();
        return o instanceof Record || o instanceof Node node && node.isImmutable()
                || name.startsWith("java.util.ImmutableCollections$")
                || name.startsWith("java.util.Collections$Singleton")
                || name.startsWith("java.util.Collections$Empty");
    }

    private void push(Object a, Object b, String step) {
        pairs.addLast(new Pair(a, b, at, step));
    }

    private void contents(Node a, Node b) {
        Object[] as = a.contents();
        Object[] bs = b.contents();
        for (int i = 0; i < as.length; i++) {
            push(as[i], bs[i], ".contents[" + i + "]");
        }
    }

    private void array(Object a, Object b) {
        int length = Array.getLength(a);
        checkEqual(length, Array.getLength(b), "length");
        if (a instanceof Object[] as) {
            Object[] bs = (Object[]) b;
            for (int i = 0; i < length; i++) {
                push(as[i], bs[i], "[" + i + "]");
            }
            return;
        }
        check(switch (a) {
            case boolean[] x -> Arrays.equals(x, (boolean[]) b);
            case byte[] x -> Arrays.equals(x, (byte[]) b);
            case char[] x -> Arrays.equals(x, (char[]) b);
            case short[] x -> Arrays.equals(x, (short[]) b);
            case int[] x -> Arrays.equals(x, (int[]) b);
            case long[] x -> Arrays.equals(x, (long[]) b);
            case float[] x -> Arrays.equals(x, (float[]) b);
            case double[] x -> Arrays.equals(x, (double[]) b);
            default -> throw new AssertionError();
        }, name(a) + " has other elements");
    }

    private void record(Object a, Object b) {
        for (Component component : COMPONENTS.get(a.getClass())) {
            Object x = component.of(a);
            Object y = component.of(b);
            String step = "." + component.name;
            if (component.primitive) {
                checkEqual(x, y, step);
            } else {
                push(x, y, step);
            }
        }
    }

    private void collection(Collection<?> a, Collection<?> b) {
        checkSize(a.size(), a, b.size(), b);
        if (a instanceof PriorityQueue<?> queue) {
            checkEqual(queue.comparator(), ((PriorityQueue<?>) b).comparator(), "comparator");
            inTurn(sorted(queue), sorted((PriorityQueue<?>) b));
        } else if (a instanceof SequencedCollection || a instanceof Queue || !(a instanceof Set)) {
            inTurn(a, b);
        } else {
            byLabel(a, b).forEach((x, y) -> push(x, y, "{" + labelName(x) + "}"));
        }
        if (a instanceof SortedSet<?> set) {
            checkEqual(set.comparator(), ((SortedSet<?>) b).comparator(), "comparator");
        }
        if (b instanceof Set) {
            checkLookup(a, "original");
            checkLookup(b, "copy");
        }
    }

    private void map(Map<?, ?> a, Map<?, ?> b) {
        checkSize(a.size(), a.keySet(), b.size(), b.keySet());
        Map<Object, Object> values = new IdentityHashMap<>();
        b.forEach(values::put);
        Map<Object, Object> keys = a instanceof SequencedMap
                ? inOrder(a.keySet(), b.keySet())
                : byLabel(a.keySet(), b.keySet());
        a.forEach((key, value) -> {
            Object counterpart = keys.get(key);
            push(value, values.get(counterpart), "[" + labelName(key) + "]");
            push(key, counterpart, ".key(" + labelName(key) + ")");
        });
        if (a instanceof SortedMap<?, ?> map) {
            checkEqual(map.comparator(), ((SortedMap<?, ?>) b).comparator(), "comparator");
        }
        checkLookup(a.keySet(), "original");
        checkLookup(b.keySet(), "copy");
    }

    private void checkLookup(Collection<?> set, String which) {
        for (Object element : set) {
            if (!set.contains(element)) {
                throw difference(
                        "the " + which + ", " + name(set) + ", holds " + name(element) + " but does not find it");
            }
        }
    }

    private void checkSize(int sizeA, Collection<?> a, int sizeB, Collection<?> b) {
        checkEqual(sizeA, sizeB, "size");
        checkEqual(sizeA, a.toArray().length, "number of elements of the original");
        checkEqual(sizeB, b.toArray().length, "number of elements of the copy");
    }

    private void inTurn(Collection<?> a, Collection<?> b) {
        Object[] as = a.toArray();
        Object[] bs = b.toArray();
        for (int i = 0; i < as.length; i++) {
            push(as[i], bs[i], "[" + i + "]");
        }
    }

    private static Map<Object, Object> inOrder(Collection<?> a, Collection<?> b) {
        Map<Object, Object> counterparts = new IdentityHashMap<>();
        Object[] bs = b.toArray();
        int i = 0;
        for (Object key : a) {
            counterparts.put(key, bs[i++]);
        }
        return counterparts;
    }

    private Map<Object, Object> byLabel(Collection<?> a, Collection<?> b) {
        if (a.size() == 1) {
            return inOrder(a, b);
        }
        Map<Object, Object> labelled = new HashMap<>();
        b.forEach(element -> labelled.put(label(element), element));
        checkEqual(b.size(), labelled.size(), "number of labels in the copy");
        Map<Object, Object> counterparts = new IdentityHashMap<>();
        for (Object element : a) {
            Object label = label(element);
            if (!labelled.containsKey(label)) {
                throw difference("nothing in the copy has the label " + label);
            }
            counterparts.put(element, labelled.get(label));
        }
        checkEqual(a.size(), counterparts.size(), "number of different elements");
        return counterparts;
    }

    private Object label(Object element) {
        if (isValue(element) || element instanceof Label) {
            return element;
        }
        return directly(element).stream().filter(Label.class::isInstance).findFirst()
                .orElseThrow(() -> difference("an element without a label, " + name(element)));
    }

    private static String labelName(Object o) {
        return isValue(o) || o instanceof Label ? String.valueOf(o) : o.getClass().getSimpleName();
    }

    private static Collection<?> directly(Object o) {
        return switch (o) {
            case Object[] array -> Arrays.asList(array);
            case Collection<?> collection -> collection;
            case Map<?, ?> map -> map.keySet();
            case Record record -> COMPONENTS.get(record.getClass()).stream().map(c -> c.of(record)).toList();
            default -> Collections.emptyList();
        };
    }

    @SuppressWarnings("unchecked")
    private static List<Object> sorted(PriorityQueue<?> queue) {
        List<Object> elements = new ArrayList<>(queue);
        Comparator<Object> order = (Comparator<Object>) queue.comparator();
        elements.sort(order == null ? (Comparator<Object>) (Comparator<?>) Comparator.naturalOrder() : order);
        return elements;
    }
}
