package dev.handoff.clone;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Int8View;
import dev.handoff.memory.Oracle;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.OwnedBuffer.State;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.text.NumberFormat;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * What real V8 and the HTML standard make of a value, and what {@link StructuredClone} makes of its counterpart in Java.
 *
 * <table>
 * <caption>Counterparts</caption>
 * <tr><th>JavaScript</th><th>Java</th></tr>
 * <tr><td>undefined, null, a hole</td><td>null</td></tr>
 * <tr><td>number, bigint, string, boolean, and their wrappers</td><td>{@code Integer} or {@code Double},
 * {@code BigInteger}, {@code String}, {@code Boolean}</td></tr>
 * <tr><td>Date, RegExp</td><td>{@code Instant}, {@code Pattern}</td></tr>
 * <tr><td>Array, object</td><td>{@code ArrayList}, {@code LinkedHashMap}; frozen: an unmodifiable view of it</td></tr>
 * <tr><td>a getter of an object</td><td>an entry with a record whose accessor runs code</td></tr>
 * <tr><td>Map, Set</td><td>{@code LinkedHashMap}, {@code LinkedHashSet}; objects in them are compared by identity, so
 * they are in a {@link Reference} there</td></tr>
 * <tr><td>ArrayBuffer, SharedArrayBuffer</td><td>{@code OwnedBuffer}, {@code SharedBuffer}</td></tr>
 * <tr><td>typed array, DataView</td><td>a record of its buffer and its place there</td></tr>
 * <tr><td>MessagePort</td><td>a transferable of another kind</td></tr>
 * </table>
 */
class CloneOracleTest {
    private static final List<JsonNode> CASES = Oracle.cases("clone-semantics.jsonl.gz");

    /** All that a case may say of a value; what else it says nobody has thought of yet. */
    private static final Set<String> KNOWN = Set.of("t", "v", "u16", "bits", "id", "length", "items", "sparse", "props",
            "entries", "source", "flags", "lastIndex", "name", "message", "stack", "cause", "hex", "maxByteLength",
            "detached", "resizeTo", "type", "buffer", "byteOffset", "byteLength", "lengthTracking", "kind", "depth",
            "what", "moved", "getters", "proto", "hidden", "symbols", "readonly", "frozen", "extra", "extraProps",
            "propsAfter", "ownName", "count", "size", "n");

    /** Why cases mean nothing in Java. */
    private static final Map<String, Predicate<JsonNode>> WITHOUT_COUNTERPART = new LinkedHashMap<>();
    /** Why Java refuses what V8 clones. */
    private static final Map<String, Predicate<JsonNode>> REFUSED = new LinkedHashMap<>();
    /** Why Java leaves as it is what V8 changes. */
    private static final Map<String, Predicate<JsonNode>> KEPT = new LinkedHashMap<>();

    static {
        WITHOUT_COUNTERPART.put("there is one form of the call, and the compiler holds everybody to it",
                c -> c.has("call"));
        WITHOUT_COUNTERPART.put("only what is transferable can be listed, the compiler refuses all else",
                c -> StreamSupport.stream(c.path("transfer").spliterator(), false)
                        .anyMatch(t -> !isTransferable(c, t)));
        WITHOUT_COUNTERPART.put("objects have no prototype that could be missing or bear entries of its own",
                holds(n -> n.has("proto") && !isOfClass(n)));
        WITHOUT_COUNTERPART.put("maps have no symbols for keys and no entries that are hidden or read-only",
                holds(n -> n.has("symbols") || n.has("hidden") || n.has("readonly")));
        WITHOUT_COUNTERPART.put("nothing has properties beside those of its class",
                holds(n -> n.has("extra") || n.has("extraProps") || n.has("propsAfter")
                        || tag(n).equals("array") && n.has("props")));
        WITHOUT_COUNTERPART.put("an instant is always valid", holds(n -> tag(n).equals("date") && isNaN(n)));
        WITHOUT_COUNTERPART.put("a pattern has no position, its matchers do", holds(n -> n.has("lastIndex")));
        WITHOUT_COUNTERPART.put("a list holds a null for each hole, so one of this length has no room",
                holds(n -> tag(n).equals("array") && n.path("length").asLong() > 1 << 20));
        WITHOUT_COUNTERPART.put("a view is made by the receiver, whom its bounds are checked for",
                c -> holds(n -> n.has("resizeTo")).test(c) && holds(n -> tag(n).equals("view")).test(c));
        WITHOUT_COUNTERPART.put("an object of a JavaScript host", c -> c.path("group").asString().equals("platform"));

        REFUSED.put("an exception travels by reference, on error paths only",
                holds(n -> tag(n).equals("error") || n.path("what").asString("").endsWith("Error")));
        REFUSED.put("an object of a class that is not known is not sent as something else",
                holds(CloneOracleTest::isOfClass));

        KEPT.put("what is unmodifiable stays so", holds(n -> n.path("frozen").asBoolean(false)));
    }

    /** Reasons that cases of the larger set have, of which these are a half. */
    private static final Set<String> IN_OTHER_CASES = Set.of("an instant is always valid",
            "a pattern has no position, its matchers do",
            "a list holds a null for each hole, so one of this length has no room");

    private static boolean isOfClass(JsonNode n) {
        return n.path("proto").asString("").equals("class");
    }

    private static boolean isNaN(JsonNode n) {
        return n.path("v").asString().equals("NaN");
    }

    private static String tag(JsonNode n) {
        return n.path("t").asString("");
    }

    /** Whether something in the value, or beside it, is such. */
    private static Predicate<JsonNode> holds(Predicate<JsonNode> such) {
        return c -> nodes(c).anyMatch(such);
    }

    private static Stream<JsonNode> nodes(JsonNode c) {
        List<JsonNode> nodes = new ArrayList<>();
        Deque<JsonNode> open = new ArrayDeque<>(List.of(c.path("value"), c.path("extra")));
        while (!open.isEmpty()) {
            JsonNode n = open.remove();
            if (n.has("t")) {
                nodes.add(n);
            }
            n.forEach(open::add);
        }
        return nodes.stream();
    }

    private static boolean isTransferable(JsonNode c, JsonNode listed) {
        return listed.isIntegralNumber() && nodes(c).anyMatch(n -> n.has("id") && n.path("id").equals(listed)
                && (tag(n).equals("arraybuffer") || n.path("what").asString("").equals("port")));
    }

    private static List<String> reasons(Map<String, Predicate<JsonNode>> rules, JsonNode c) {
        return rules.entrySet().stream().filter(r -> r.getValue().test(c)).map(Map.Entry::getKey).toList();
    }

    @Test
    void noReasonIsWithoutACaseAndMostCasesAreRun() {
        Set<String> unused = new TreeSet<>();
        for (var rules : List.of(WITHOUT_COUNTERPART, REFUSED, KEPT)) {
            unused.addAll(rules.keySet());
            CASES.forEach(c -> reasons(rules, c).forEach(unused::remove));
        }
        unused.removeAll(IN_OTHER_CASES);
        assertEquals(Set.of(), unused);
        long run = CASES.stream().filter(c -> reasons(WITHOUT_COUNTERPART, c).isEmpty()).count();
        assertTrue(run >= CASES.size() * 3 / 4, run + " of " + CASES.size());
    }

    @TestFactory
    Stream<DynamicTest> whatV8MakesOfAValueCloneMakesOfItsCounterpart() {
        return CASES.stream().filter(c -> reasons(WITHOUT_COUNTERPART, c).isEmpty())
                .map(c -> dynamicTest(c.path("id").asString() + " " + c.path("title").asString(), () -> run(c)));
    }

    private static void run(JsonNode c) {
        nodes(c).forEach(n -> n.propertyNames().forEach(field -> assertTrue(KNOWN.contains(field), field)));
        Reader source = new Reader();
        Object value = source.read(c.path("value"));
        c.path("extra").forEach(source::read);
        Transferable[] listed = StreamSupport.stream(c.path("transfer").spliterator(), false)
                .map(id -> (Transferable) source.objects.get(id.asInt())).toArray(Transferable[]::new);
        Supplier<Object> clone = () -> {
            source.armed = true;
            try {
                return StructuredClone.clone(value, listed);
            } finally {
                source.armed = false;
            }
        };
        JsonNode outcome = c.path(c.has("spec") ? "spec" : "node20").path("outcome");
        if (outcome.asString().equals("throw") || !reasons(REFUSED, c).isEmpty()) {
            assertRefused(source, clone, listed);
        } else {
            assertCloned(c, source, value, clone);
        }
        source.close();
    }

    // ---- what is refused

    private static void assertRefused(Reader source, Supplier<Object> clone, Transferable[] listed) {
        List<String> before = source.buffers.stream().map(OwnedBuffer::toString).toList();
        boolean gone = Stream.of(listed).anyMatch(t -> t instanceof OwnedBuffer b && b.state() == State.GONE);
        RuntimeException e = assertThrows(RuntimeException.class, clone::get);
        if (source.taken != null) {
            assertTrue(e instanceof DetachedException || e instanceof DataCloneException, e.toString());
            return;
        }
        assertEquals(DataCloneException.class, e.getClass());
        if (source.thrown != null && !gone) { // the list is looked at first
            assertEquals(source.thrown, e.getCause());
        }
        assertEquals(before, source.buffers.stream().map(OwnedBuffer::toString).toList());
        source.views.forEach((view, buffer) -> view.get(0));
        source.ports.forEach(port -> assertEquals(port.before, port.state));
    }

    // ---- what is cloned

    private static void assertCloned(JsonNode c, Reader source, Object value, Supplier<Object> clone) {
        Object copy;
        try {
            copy = clone.get();
        } catch (ConcurrentModificationException e) {
            assertTrue(source.changed, "nothing was changed");
            return;
        }
        JsonNode seen = c.path("node20").path("outcome").asString().equals("value")
                ? c.path("node20")
                : c.path("node24");
        Map<OwnedBuffer, OwnedBuffer> copies = source.changed ? Map.of() : GraphComparison.assertClone(value, copy);
        copies.keySet().stream().filter(b -> b.state() == State.OWNED).forEach(b -> b.segment().fill((byte) 0xee));
        try (Reader expected = new Reader(source.getters)) {
            boolean asItWas = !seen.has("result") || !reasons(KEPT, c).isEmpty();
            Object result = expected.read(asItWas ? c.path("value") : seen.path("result"));
            if (source.changed) { // before or after it was read
                assertTrue(((Map<?, ?>) copy).keySet().containsAll(((Map<?, ?>) result).keySet()));
            } else {
                GraphComparison.assertTwins(result, copy).forEach(CloneOracleTest::assertSameBytes);
            }
        }
        seen.path("sources").properties()
                .forEach(s -> assertState(source, source.objects.get(Integer.parseInt(s.getKey())),
                        s.getValue()));
        if (seen.has("tracksTo32")) {
            copies.values().forEach(b -> b.resize(32));
        }
        if (seen.has("chain")) {
            OwnedBuffer again = StructuredClone.clone((OwnedBuffer) copy, (OwnedBuffer) copy);
            assertEquals(State.GONE, ((OwnedBuffer) copy).state());
            again.close();
        }
        source.ports.forEach(port -> assertEquals(Port.State.MOVED, port.state));
        copies.values().forEach(OwnedBuffer::close);
    }

    private static void assertSameBytes(OwnedBuffer expected, OwnedBuffer copy) {
        assertEquals(State.UNCLAIMED, copy.state());
        assertEquals(expected.maxByteSize(), copy.maxByteSize());
        assertArrayEquals(expected.segment().toArray(JAVA_BYTE), copy.segment().toArray(JAVA_BYTE));
    }

    private static void assertState(Reader source, Object object, JsonNode state) {
        switch (object) {
            case OwnedBuffer buffer ->
                assertEquals(state.path("detached").asBoolean(), buffer.state() == State.GONE, buffer.toString());
            case SharedBuffer buffer -> assertEquals(state.path("byteLength").asLong(), buffer.byteSize());
            case Window window -> source.views.forEach((view, of) -> {
                if (of == window && state.path("byteLength").asLong() > 0) {
                    view.get(0);
                } else if (of == window) {
                    assertThrows(IllegalStateException.class, () -> view.get(0));
                }
            });
            default -> throw new AssertionError(object.getClass());
        }
    }

    // ---- counterparts

    /** A key that is what it refers to. */
    private record Reference(Object referent) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Reference other && other.referent == referent;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(referent);
        }
    }

    /** A view, as a message has it. */
    private record Window(String type, Object buffer, long byteOffset, long byteLength, boolean lengthTracking) {
    }

    /** A property that is computed: runs its code when it is read, which its copy has no more. */
    private record Computed(Runnable code, Object value) {
        @Override
        public Runnable code() {
            if (code != null) {
                code.run();
            }
            return null;
        }
    }

    private static final class Port implements Transferable, Transfer {
        private enum State {
            HERE,
            MOVING,
            MOVED
        }

        private final State before;
        private State state;
        private Port successor;

        Port(State state) {
            this.state = state;
            before = state;
        }

        @Override
        public Transfer beginTransfer() {
            if (state != State.HERE) {
                throw new DetachedException("the port is " + state);
            }
            state = State.MOVING;
            successor = new Port(State.HERE);
            return this;
        }

        @Override
        public Transferable successor() {
            return successor;
        }

        @Override
        public void revoke() {
            assertEquals(State.MOVING, state);
        }

        @Override
        public void commit(String receiver) {
            state = State.MOVED;
        }

        @Override
        public void abort() {
            state = State.HERE;
        }

        @Override
        public void close() {
            state = State.MOVED;
        }
    }

    /** What no library can know. */
    private static final class Foreign {
    }

    /** Makes Java's counterparts of neutral trees. */
    private static final class Reader implements AutoCloseable {
        final Map<Integer, Object> objects = new HashMap<>();
        final List<OwnedBuffer> buffers = new ArrayList<>();
        final List<Port> ports = new ArrayList<>();
        /** Views that the sender has, and what the message has in their place. */
        final Map<Int8View, Window> views = new HashMap<>();
        final Set<String> getters;
        /** Whether getters do what they are to do. */
        boolean armed;
        /** What a getter threw. */
        RuntimeException thrown;
        /** What a getter moved away. */
        OwnedBuffer taken;
        /** Whether a getter has changed a collection. */
        boolean changed;

        Reader() {
            this(new TreeSet<>());
        }

        /** For what comes of a value with these getters. */
        Reader(Set<String> getters) {
            this.getters = getters;
        }

        @Override
        public void close() {
            buffers.forEach(OwnedBuffer::close);
            if (taken != null) {
                taken.close();
            }
        }

        private <T> T known(JsonNode n, T object) {
            if (n.has("id")) {
                objects.put(n.path("id").asInt(), object);
            }
            return object;
        }

        Object read(JsonNode n) {
            return switch (tag(n)) {
                case "undef", "null", "hole" -> null;
                case "bool" -> n.path("v").asBoolean();
                case "int" -> Integer.valueOf(n.path("v").asString());
                case "double" -> Double.longBitsToDouble(Long.parseUnsignedLong(n.path("bits").asString(), 16));
                case "bigint" -> new BigInteger(n.path("v").asString());
                case "str" -> n.has("v") ? n.path("v").asString() : text(n);
                case "date" -> known(n, Instant.ofEpochMilli(Long.parseLong(n.path("v").asString())));
                case "regexp" -> known(n, pattern(text(n.path("source")), n.path("flags").asString()));
                case "boxed" -> known(n, read(n.path("v")));
                case "array" -> isOfClass(n) ? new Foreign() : array(n);
                case "object" -> isOfClass(n) ? new Foreign() : object(n);
                case "map" -> map(n);
                case "set" -> set(n);
                case "error" -> error(n);
                case "arraybuffer" -> known(n, buffer(n));
                case "sharedarraybuffer" -> known(n, sharedBuffer(n));
                case "view" -> known(n, view(n));
                case "special" -> known(n, special(n));
                case "ref" -> objects.get(n.path("id").asInt());
                case "nest" -> nest(n.path("kind").asString(), n.path("depth").asInt());
                case "wide" -> wide(n);
                default -> throw new AssertionError(n);
            };
        }

        private static String text(JsonNode n) {
            if (!n.has("u16")) {
                return n.asString("");
            }
            StringBuilder text = new StringBuilder();
            String u16 = n.path("u16").asString();
            for (int i = 0; i < u16.length(); i += 4) {
                text.append((char) Integer.parseInt(u16.substring(i, i + 4), 16));
            }
            return text.toString();
        }

        /** What is left of the flags is the business of matchers; a source of JavaScript's own is one of text here. */
        private static Pattern pattern(String source, String flags) {
            int java = (flags.contains("i") ? Pattern.CASE_INSENSITIVE : 0)
                    | (flags.contains("m") ? Pattern.MULTILINE : 0) | (flags.contains("s") ? Pattern.DOTALL : 0)
                    | (flags.contains("u") || flags.contains("v") ? Pattern.UNICODE_CASE : 0);
            return Pattern.compile(source, java | Pattern.LITERAL);
        }

        private Object array(JsonNode n) {
            List<Object> list = known(n, new ArrayList<>());
            n.path("items").forEach(item -> list.add(read(item)));
            list.addAll(Collections.nCopies(n.path("length").asInt() - list.size(), null));
            n.path("sparse").forEach(entry -> list.set(entry.get(0).asInt(), read(entry.get(1))));
            return n.path("frozen").asBoolean(false) ? Collections.unmodifiableList(list) : list;
        }

        private Object object(JsonNode n) {
            Map<String, Object> map = known(n, new LinkedHashMap<>());
            n.path("getters").forEach(g -> {
                getters.add(text(g.get(0)));
                JsonNode does = g.get(1);
                map.put(text(g.get(0)), new Computed(() -> compute(map, does),
                        does.has("returns") ? read(does.path("returns")) : null));
            });
            n.path("props").forEach(p -> map.put(text(p.get(0)), property(text(p.get(0)), read(p.get(1)))));
            return n.path("frozen").asBoolean(false) ? Collections.unmodifiableMap(map) : map;
        }

        private Object property(String name, Object value) {
            return getters.contains(name) && !(value instanceof Computed) ? new Computed(null, value) : value;
        }

        @SuppressWarnings("unchecked")
        private void compute(Map<String, Object> owner, JsonNode does) {
            if (!armed) {
                return;
            }
            does.properties().forEach(d -> {
                switch (d.getKey()) {
                    case "returns" -> {
                    }
                    case "throws" -> {
                        thrown = new IndexOutOfBoundsException(d.getValue().asString());
                        throw thrown;
                    }
                    case "deletes" -> {
                        changed = true;
                        owner.remove(text(d.getValue()));
                    }
                    case "adds" -> {
                        changed = true;
                        owner.put(text(d.getValue()), 1);
                    }
                    case "mapAdds" -> {
                        changed = true;
                        ((Map<Object, Object>) objects.get(d.getValue().asInt())).put("added", 1);
                    }
                    case "transfers" -> taken = ((OwnedBuffer) objects.get(d.getValue().asInt())).transfer();
                    default -> throw new AssertionError(d);
                }
            });
        }

        private Object map(JsonNode n) {
            Map<Object, Object> map = known(n, new LinkedHashMap<>());
            n.path("entries").forEach(e -> map.put(key(e.get(0)), read(e.get(1))));
            assertEquals(n.path("entries").size(), map.size());
            return map;
        }

        private Object set(JsonNode n) {
            Set<Object> set = known(n, new LinkedHashSet<>());
            n.path("items").forEach(e -> set.add(key(e)));
            assertEquals(n.path("items").size(), set.size());
            return set;
        }

        private Object key(JsonNode n) {
            boolean primitive = Set.of("undef", "null", "bool", "int", "double", "bigint", "str").contains(tag(n));
            return primitive ? read(n) : new Reference(read(n));
        }

        private Exception error(JsonNode n) {
            Exception error = known(n, new IllegalStateException(text(n.path("message"))));
            if (n.has("cause") && read(n.path("cause")) instanceof Exception cause && cause != error) {
                error.initCause(cause);
            }
            return error;
        }

        private OwnedBuffer buffer(JsonNode n) {
            byte[] bytes = HexFormat.of().parseHex(n.path("hex").asString());
            OwnedBuffer buffer = n.has("maxByteLength")
                    ? OwnedBuffer.allocateResizable(bytes.length, n.path("maxByteLength").asLong())
                    : OwnedBuffer.allocate(bytes.length);
            buffer.copyFrom(MemorySegment.ofArray(bytes), 0);
            buffers.add(buffer);
            if (n.has("resizeTo")) {
                buffer.resize(n.path("resizeTo").asLong());
            }
            if (n.path("detached").asBoolean(false)) {
                buffer.transfer().close();
            }
            return buffer;
        }

        private SharedBuffer sharedBuffer(JsonNode n) {
            byte[] bytes = HexFormat.of().parseHex(n.path("hex").asString());
            SharedBuffer buffer = n.has("maxByteLength")
                    ? SharedBuffer.allocate(bytes.length, n.path("maxByteLength").asLong())
                    : SharedBuffer.allocate(bytes.length);
            buffer.segment().copyFrom(MemorySegment.ofArray(bytes));
            return buffer;
        }

        private Window view(JsonNode n) {
            Object buffer = read(n.path("buffer"));
            Window window = new Window(n.path("type").asString(), buffer, n.path("byteOffset").asLong(),
                    n.path("byteLength").asLong(), n.path("lengthTracking").asBoolean(false));
            if (window.byteLength > 0 && buffer instanceof SharedBuffer shared) {
                views.put(Int8View.of(shared, window.byteOffset, window.byteLength), window);
            } else if (window.byteLength > 0 && ((OwnedBuffer) buffer).state() == State.OWNED) {
                views.put(Int8View.of((OwnedBuffer) buffer, window.byteOffset, window.byteLength), window);
            }
            return window;
        }

        private Object special(JsonNode n) {
            return switch (n.path("what").asString(n.path("ctor").asString(""))) {
                case "function" -> (Runnable) () -> {
                };
                case "symbol" -> new Object();
                case "WeakMap" -> new WeakHashMap<>();
                case "WeakSet" -> Collections.newSetFromMap(new WeakHashMap<>());
                case "WeakRef" -> new WeakReference<>(this);
                case "Promise" -> new CompletableFuture<>();
                case "Proxy of array" -> Proxy.newProxyInstance(Foreign.class.getClassLoader(),
                        new Class<?>[]{Collection.class}, (proxy, method, arguments) -> null);
                case "Map iterator" -> new HashMap<>().keySet().iterator();
                case "Intl.NumberFormat" -> NumberFormat.getInstance(Locale.ROOT);
                case "WebAssembly.Memory not shared" -> Arena.ofAuto();
                case "port", "MessagePort" -> {
                    Port port = new Port(n.path("moved").asBoolean(false) ? Port.State.MOVED : Port.State.HERE);
                    ports.add(port);
                    yield port;
                }
                default -> new Foreign();
            };
        }

        private static Object nest(String kind, int depth) {
            Object nest = wrap(kind, null);
            for (int i = 1; i < depth; i++) {
                nest = wrap(kind, nest);
            }
            return nest;
        }

        private static Object wrap(String kind, Object inner) {
            return switch (kind) {
                case "array" -> new ArrayList<>(Arrays.asList(inner));
                case "object", "map" -> new LinkedHashMap<>(Collections.singletonMap("k", inner));
                case "set" -> new LinkedHashSet<>(List.of(new Reference(inner)));
                default -> throw new AssertionError(kind);
            };
        }

        private static Object wide(JsonNode n) {
            int count = n.properties().stream().map(Map.Entry::getValue).filter(JsonNode::isNumber).findFirst()
                    .orElseThrow(() -> new AssertionError(n)).asInt();
            Map<Object, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                map.put("k" + i, i);
            }
            return switch (n.path("kind").asString("object")) {
                case "array" -> new ArrayList<>(map.values());
                case "set" -> new LinkedHashSet<>(map.values());
                case "object", "map" -> map;
                default -> throw new AssertionError(n);
            };
        }
    }
}
