package dev.handoff.clone;

import dev.handoff.clone.JdkCollections.CollectionPlan;
import dev.handoff.clone.JdkCollections.CreatedListPlan;
import dev.handoff.clone.JdkCollections.MapPlan;
import dev.handoff.clone.JdkCollections.Order;
import java.lang.reflect.Modifier;
import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Views of the collections of {@code java.util}: {@code subList}, {@code keySet}, {@code headMap}, {@code reversed}. A
 * view can't be made without what it looks at, of which the receiver would know nothing; so a copy is a collection of
 * its own, of the nearest kind, with the elements of the view in their order.
 */
final class JdkViews {
    private static final Class<?> IDENTITY_KEYS = new IdentityHashMap<>().keySet().getClass();

    private JdkViews() {
    }

    /** The plan of a view, or null if the class is none. */
    static @Nullable Plan plan(Class<?> type, Plans plans) {
        if (!isView(type)) {
            return null;
        }
        if (plans.isStrict) {
            return new RefusedPlan(type, Refusals.strict(type, "a collection of its own"), null);
        }
        if (Map.Entry.class.isAssignableFrom(type)) {
            return new JdkValues.EntryPlan(type, AbstractMap.SimpleEntry::new, false);
        }
        return Map.class.isAssignableFrom(type) ? mapPlan(type, plans) : collectionPlan(type, plans);
    }

    /** The classes that {@code java.util} does not show, where they are not known by name. */
    private static boolean isView(Class<?> type) {
        String in = type.getPackageName();
        return JdkTypes.isJdk(type) && !Modifier.isPublic(type.getModifiers())
                && (in.equals("java.util") || in.equals("java.util.concurrent"))
                && (Collection.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type)
                        || Map.Entry.class.isAssignableFrom(type))
                && !Refusals.isChecked(type);
    }

    private static Plan mapPlan(Class<?> type, Plans plans) {
        if (ConcurrentNavigableMap.class.isAssignableFrom(type)) {
            return new MapPlan(type, ConcurrentSkipListMap.class, Order.COMPARISON,
                    m -> new ConcurrentSkipListMap<>(Comparators.shared(((SortedMap<?, ?>) m).comparator(), plans)));
        }
        return SortedMap.class.isAssignableFrom(type)
                ? new MapPlan(type, TreeMap.class, Order.COMPARISON,
                        m -> JdkWrappers.emptyMap((SortedMap<?, ?>) m, plans))
                : new MapPlan(type, LinkedHashMap.class, Order.HASH, m -> LinkedHashMap.newLinkedHashMap(m.size()));
    }

    private static Plan collectionPlan(Class<?> type, Plans plans) {
        if (type == IDENTITY_KEYS) {
            Set<?> made = Collections.newSetFromMap(new IdentityHashMap<>());
            return new CollectionPlan(type, made.getClass(), Order.POSITION,
                    c -> Collections.newSetFromMap(new IdentityHashMap<>(c.size())));
        }
        if (SortedSet.class.isAssignableFrom(type)) {
            return new CollectionPlan(type, TreeSet.class, Order.COMPARISON,
                    c -> JdkWrappers.emptySet((SortedSet<?>) c, plans));
        }
        if (Set.class.isAssignableFrom(type)) {
            return new CollectionPlan(type, LinkedHashSet.class, Order.HASH,
                    c -> LinkedHashSet.newLinkedHashSet(c.size()));
        }
        if (List.class.isAssignableFrom(type) && Deque.class.isAssignableFrom(type)) {
            return new CreatedListPlan(type, LinkedList.class, l -> new LinkedList<>());
        }
        if (Queue.class.isAssignableFrom(type)) {
            return new CollectionPlan(type, ArrayDeque.class, Order.POSITION, c -> new ArrayDeque<>(c.size()));
        }
        return List.class.isAssignableFrom(type)
                ? new CreatedListPlan(type, ArrayList.class, l -> new ArrayList<>(l.size()))
                : new CollectionPlan(type, ArrayList.class, Order.POSITION, c -> new ArrayList<>(c.size()));
    }
}
