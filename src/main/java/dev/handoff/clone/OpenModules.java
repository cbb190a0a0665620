package dev.handoff.clone;

import java.lang.invoke.MethodHandles;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The modules whose records may be cloned though they open no package, each by a lookup of its own. */
final class OpenModules {
    private static final Map<Module, WeakReference<MethodHandles.Lookup>> LOOKUPS = new WeakHashMap<>();

    /** Keeps a lookup for as long as its class lives, and no longer. */
    private static final ClassValue<AtomicReference<MethodHandles.@Nullable Lookup>> KEPT = new ClassValue<>() {
        @Override
        protected AtomicReference<MethodHandles.@Nullable Lookup> computeValue(Class<?> type) {
            return new AtomicReference<>();
        }
    };

    private OpenModules() {
    }

    static void open(MethodHandles.Lookup lookup) {
        if (!lookup.hasFullPrivilegeAccess()) {
            throw new IllegalArgumentException("the lookup " + lookup + " can't open its module, as it lacks full"
                    + " privileges; pass MethodHandles.lookup() as it is");
        }
        KEPT.get(lookup.lookupClass()).set(lookup);
        synchronized (LOOKUPS) {
            LOOKUPS.put(lookup.lookupClass().getModule(), new WeakReference<>(lookup));
        }
    }

    static MethodHandles.@Nullable Lookup lookup(Module module) {
        synchronized (LOOKUPS) {
            WeakReference<MethodHandles.Lookup> lookup = LOOKUPS.get(module);
            return lookup == null ? null : lookup.get();
        }
    }
}
