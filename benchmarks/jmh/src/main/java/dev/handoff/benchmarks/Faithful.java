package dev.handoff.benchmarks;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.time.temporal.Temporal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * Whether a copy is one: of the same classes, with equal contents, with references that lead to each other as in the
 * original, and without anything of the original that could change. It knows what {@link Shape} is made of, and is not
 * recursive.
 */
final class Faithful {
    private final Map<Object, Object> copies = new IdentityHashMap<>();
    private final Map<Object, Object> originals = new IdentityHashMap<>();
    private final Deque<Object[]> open = new ArrayDeque<>();

    private Faithful() {
    }

    /** Throws an {@link AssertionError} if this is no faithful copy. */
    static void check(Object original, Object copy) {
        Faithful faithful = new Faithful();
        faithful.meet(original, copy);
        while (!faithful.open.isEmpty()) {
            Object[] pair = faithful.open.pop();
            faithful.compare(pair[0], pair[1]);
        }
    }

    private void meet(Object original, Object copy) {
        if (original == null || copy == null || isImmutable(original)) {
            require(Objects.equals(original, copy), "differs", original, copy);
            return;
        }
        require(original != copy, "is shared", original, copy);
        require(original.getClass() == copy.getClass(), "is of another class", original, copy);
        Object known = copies.putIfAbsent(original, copy);
        Object knownOriginal = originals.putIfAbsent(copy, original);
        require((known == null || known == copy) && (knownOriginal == null || knownOriginal == original),
                "has lost its identity", original, copy);
        if (known == null) {
            open.push(new Object[]{original, copy});
        }
    }

    private static boolean isImmutable(Object object) {
        return switch (object) {
            case String _,Number _,Boolean _,Enum<?> _,UUID _,Temporal _ -> true;
            case Record record -> {
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    Object value = get(component, record);
                    if (value != null && !isImmutable(value)) {
                        yield false;
                    }
                }
                yield true;
            }
            default -> false;
        };
    }

    private void compare(Object original, Object copy) {
        switch (original) {
            case Shape.Node node -> {
                Shape.Node other = (Shape.Node) copy;
                meet(node.number, other.number);
                meet(node.parent, other.parent);
                meet(node.shared, other.shared);
                meet(node.children, other.children);
            }
            case Shape.Link link -> {
                meet(link.number, ((Shape.Link) copy).number);
                meet(link.next, ((Shape.Link) copy).next);
            }
            case Record record -> {
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    meet(get(component, original), get(component, copy));
                }
            }
            case List<?> list -> {
                require(list.size() == ((List<?>) copy).size(), "is of another size", original, copy);
                Iterator<?> others = ((List<?>) copy).iterator();
                list.forEach(element -> meet(element, others.next()));
            }
            case Map<?, ?> map -> {
                require(map.keySet().equals(((Map<?, ?>) copy).keySet()), "has other keys", original, copy);
                map.forEach((key, value) -> meet(value, ((Map<?, ?>) copy).get(key)));
            }
            default -> {
                require(original.getClass().isArray(), "is unknown", original, copy);
                require(Array.getLength(original) == Array.getLength(copy), "is of another size", original, copy);
                for (int i = 0; i < Array.getLength(original); i++) {
                    meet(Array.get(original, i), Array.get(copy, i));
                }
            }
        }
    }

    private static Object get(RecordComponent component, Object object) {
        try {
            return component.getAccessor().invoke(object);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static void require(boolean holds, String what, Object original, Object copy) {
        if (!holds) {
            throw new AssertionError("the copy of a " + original.getClass().getTypeName() + " " + what + ": a "
                    + (copy == null ? "null" : copy.getClass().getTypeName()));
        }
    }
}
