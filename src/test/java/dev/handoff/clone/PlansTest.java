package dev.handoff.clone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.memory.Transfer;
import dev.handoff.memory.Transferable;
import dev.handoff.testing.Threads;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.module.ModuleFinder;
import java.lang.ref.WeakReference;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which plan a class gets, wherever it comes from, and that plans keep nothing alive. */
class PlansTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // by JUnit
    Path directory;

    /** Compiles one source to the directory. */
    private void compile(String file, String source) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, source);
        assertEquals(0, ToolProvider.findFirst("javac").orElseThrow().run(System.out, System.err, "-nowarn", "-d",
                directory.toString(), "--source-path", directory.toString(), path.toString()));
    }

    private ClassLoader loader() throws IOException {
        return new URLClassLoader(new URL[]{directory.toUri().toURL()}, PlansTest.class.getClassLoader());
    }

    private static Object create(Class<?> type, Object... arguments) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return constructor.newInstance(arguments);
    }

    private static void assertCollected(WeakReference<?> reference) {
        Threads.until(() -> {
            System.gc();
            return reference.refersTo(null);
        });
        assertTrue(reference.refersTo(null));
    }

    // ---- where a class comes from

    private WeakReference<ClassLoader> cloneOfAnotherLoader() throws Exception {
        Class<?> type = loader().loadClass("Foreign");
        Object record = create(type, List.of(new ArrayList<>()), new int[]{1});
        Object[] array = (Object[]) Array.newInstance(type, 2);
        Arrays.fill(array, record);
        for (int i = 0; i < 1_000; i++) {
            Object[] copy = StructuredClone.clone(array);
            assertSame(array.getClass(), copy.getClass());
            assertSame(type, copy[0].getClass());
            assertSame(copy[0], copy[1]);
            assertNotSame(record, copy[0]);
        }
        assertTrue(StructuredClone.explain(type).startsWith("Foreign: a record, copied"));
        return new WeakReference<>(type.getClassLoader());
    }

    @Test
    void aClassLoaderOfRecordsOfTheDefaultPackageIsUnloadedWithItsPlans() throws Exception {
        compile("Foreign.java", "record Foreign(java.util.List<Object> list, int[] array) {}");
        assertCollected(cloneOfAnotherLoader());
    }

    private static WeakReference<Class<?>> cloneHidden(byte[] bytes) throws Throwable {
        MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
        Class<?> type = lookup.lookupClass();
        Object record = lookup.findConstructor(type, MethodType.methodType(void.class, int.class)).invoke(1);
        Object[] array = (Object[]) Array.newInstance(type, 1);
        array[0] = record;
        Object[] copy = StructuredClone.clone(array);
        assertSame(record, copy[0]);
        assertNotSame(array, copy);
        return new WeakReference<>(type);
    }

    @Test
    void hiddenRecordsAndTheirArraysAreClonedAndUnloaded() throws Throwable {
        compile("dev/handoff/clone/Hidden.java", """
                package dev.handoff.clone;
                record Hidden(int n) {
                    public String toString() { return ""; }
                    public int hashCode() { return 0; }
                    public boolean equals(Object o) { return o == (Object) this; }
                }""");
        assertCollected(cloneHidden(Files.readAllBytes(directory.resolve("dev/handoff/clone/Hidden.class"))));
    }

    @Test
    void recordsOfAModuleThatOpensNothingAreClonedOnceItHasGivenALookup() throws Throwable {
        Files.createDirectories(directory.resolve("closed"));
        Files.writeString(directory.resolve("closed/Inner.java"),
                "package closed; record Inner(int[] array) {}");
        compile("gate/Gate.java", """
                package gate;
                import java.lang.invoke.MethodHandles;
                public class Gate {
                    public static MethodHandles.Lookup lookup() { return MethodHandles.lookup(); }
                }""");
        compile("closed/Outer.java", """
                package closed;
                public record Outer(Inner inner, Object any) {
                    public static Object of() { Inner i = new Inner(new int[1]); return new Outer(i, i); }
                }""");
        compile("module-info.java", "module closed { exports gate; }");
        ModuleLayer boot = ModuleLayer.boot();
        var configuration = boot.configuration().resolve(ModuleFinder.of(directory), ModuleFinder.of(),
                Set.of("closed"));
        var controller = ModuleLayer.defineModulesWithOneLoader(configuration, List.of(boot),
                PlansTest.class.getClassLoader());
        ClassLoader loader = controller.layer().findLoader("closed");
        MethodHandles.Lookup lookup = (MethodHandles.Lookup) loader.loadClass("gate.Gate").getMethod("lookup")
                .invoke(null);
        MethodHandles.Lookup inside = MethodHandles.privateLookupIn(loader.loadClass("gate.Gate"), lookup);
        Class<?> outer = inside.findClass("closed.Outer");
        Object value = inside.findStatic(outer, "of", MethodType.methodType(Object.class))
                .asType(MethodType.methodType(Object.class)).invokeWithArguments();
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(List.of(value)));
        assertTrue(e.getMessage().startsWith("$[0]: the record closed.Outer can't be cloned"), e.getMessage());
        assertTrue(e.getMessage().contains("call Cloners.open(MethodHandles.lookup())"), e.getMessage());
        Cloners.open(lookup);
        Object copy = StructuredClone.clone(value);
        assertNotSame(value, copy);
        assertSame(outer, copy.getClass());
    }

    private static boolean initialised;

    private static final class Initialised {
        static {
            initialised = true;
        }
    }

    @Test
    void aPlanInitialisesNoClass() {
        record Holder(Initialised component, int[] array) {
        }
        assertNotSame(null, StructuredClone.clone(new Holder(null, new int[1])));
        assertFalse(initialised);
    }

    // ---- the number of components

    private Object wide(int components) throws Exception {
        String name = "Wide" + components;
        compile(name + ".java", IntStream.range(1, components).mapToObj(i -> ", int c" + i)
                .collect(Collectors.joining("", "record " + name + "(int[] c0", ") {}")));
        Object[] arguments = new Object[components];
        Arrays.setAll(arguments, i -> i == 0 ? (Object) new int[]{1} : i);
        return create(loader().loadClass(name), arguments);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 249, 250, 251, 253})
    void recordsOfManyComponentsAreCopied(int components) throws Exception {
        Object value = wide(components);
        Object copy = StructuredClone.clone(List.of(value)).getFirst();
        assertNotSame(value, copy);
        assertEquals(value.toString().replaceAll("c0=[^,\\]]*(?=[,\\]])", ""),
                copy.toString().replaceAll("c0=[^,\\]]*(?=[,\\]])", ""));
    }

    @Test
    void aRecordOfMoreComponentsThanAMethodHandleCanPassIsRefused() throws Exception {
        Object value = wide(254);
        var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(new Object[]{value}));
        assertTrue(e.getMessage().endsWith("as it has more components than a method handle can pass"), e.getMessage());
    }

    private record AllKinds(boolean z, byte b, char c, short s, int i, long j, float f, double d, String t,
            List<Object> list) {
    }

    @Test
    void componentsOfEveryKindAreCopied() {
        AllKinds value = new AllKinds(true, (byte) 1, 'c', (short) 2, 3, 4L << 40, Float.NaN, Double.NaN, "t",
                new ArrayList<>(List.of(new int[0])));
        AllKinds copy = StructuredClone.clone(value);
        assertNotSame(value.list, copy.list);
        assertEquals(new AllKinds(true, (byte) 1, 'c', (short) 2, 3, 4L << 40, Float.NaN, Double.NaN, "t", copy.list),
                copy);
        AllKinds immutable = new AllKinds(false, (byte) 1, 'c', (short) 2, 3, 4L, -0.0f, -0.0, "t", List.of(1));
        assertEquals(immutable, StructuredClone.clone(immutable));
    }

    // ---- records that hold records

    private record W0(int[] array, Object any) {
    }

    private record W1(W0 a, W0 b, W0 c) {
    }

    private record W2(W1 a, W1 b, W1 c) {
    }

    private record W3(W2 a, W2 b, W2 c) {
    }

    private record Even(int[] array, Odd odd) {
    }

    private record Odd(int[] array, Even even, Even[] more) {
    }

    /** One for each place would be half a million, here. */
    @Test
    void aTypeThatIsDeclaredInManyPlacesIsPlannedOnce() throws Exception {
        compile("L0.java", IntStream.range(1, 13).mapToObj(i -> "record L%1$d(L%2$d a, L%2$d b, L%2$d c) {}\n"
                .formatted(i, i - 1)).collect(Collectors.joining("", "record L0(int[] array, Object any) {}\n", "")));
        Class<?> type = loader().loadClass("L12");
        Object value = create(type, null, null, null);
        assertEquals(value, StructuredClone.clone(new Object[]{value})[0]);
    }

    @Test
    void onePlanServesAllComponentsOfAType() {
        Plans plans = new Plans(Map.of(), Map.of(), false);
        Plan w3 = plans.of(W3.class);
        assertSame(w3, plans.of(W3.class));
        W0 inner = new W0(new int[1], 1);
        W1 w1 = new W1(inner, inner, null);
        W3 copy = StructuredClone.clone(new W3(new W2(w1, w1, new W1(null, inner, null)), null, null));
        assertSame(copy.a.a, copy.a.b);
        assertSame(copy.a.a.a, copy.a.c.b);
        assertNotSame(inner, copy.a.a.a);
    }

    @Test
    void recordsMayHoldEachOther() {
        Even even = new Even(new int[]{1}, new Odd(new int[]{2}, new Even(new int[]{3}, null), new Even[2]));
        even.odd.more[1] = even;
        Even copy = StructuredClone.clone(even);
        assertSame(copy, copy.odd.more[1]);
        assertArrayEquals(even.odd.even.array, copy.odd.even.array);
        assertNotSame(even.odd.even.array, copy.odd.even.array);
    }

    private record Pair(int[] a, Inner inner) {
        private record Inner(int[] b) {
        }
    }

    private record Two(Left left, Right right) {
        private record Left(int[] ints) {
        }

        private record Right(long[] longs) {
        }
    }

    @Test
    void whatIsOneObjectInTwoPlacesOfATreeOfRecordsStaysOne() {
        int[] ints = {1};
        Pair copy = StructuredClone.clone(new Pair(ints, new Pair.Inner(ints)));
        assertSame(copy.a, copy.inner.b);
        Two two = StructuredClone.clone(new Two(new Two.Left(ints), new Two.Right(new long[1])));
        assertArrayEquals(ints, two.left.ints);
        assertNotSame(ints, two.left.ints);
    }

    private enum Shape {
        ROUND {
        },
        FLAT
    }

    private record Shapes(Shape shape, Shape[][] all) {
    }

    @Test
    void anArrayOfAConstantsOwnClassStaysOne() {
        Object[] rounds = (Object[]) Array.newInstance(Shape.ROUND.getClass(), 1, 1);
        Shapes copy = StructuredClone.clone(new Shapes(Shape.ROUND, (Shape[][]) rounds));
        assertSame(rounds.getClass(), copy.all.getClass());
        assertSame(Shape.ROUND, copy.shape);
    }

    // ---- records that are more than records

    private record Ticket(int id) implements Transferable {
        @Override
        public Transfer beginTransfer() {
            return new Transfer() {
                @Override
                public Transferable successor() {
                    return new Ticket(-id);
                }

                @Override
                public void revoke() {
                }

                @Override
                public void commit(String receiver) {
                }

                @Override
                public void abort() {
                }
            };
        }

        @Override
        public void close() {
        }
    }

    private record Wallet(Ticket ticket) {
    }

    @Test
    void aRecordThatCanOnlyBeMovedIsNeverShared() {
        Ticket ticket = new Ticket(7);
        for (Object value : List.of(ticket, new Wallet(ticket), new Ticket[]{ticket})) {
            var e = assertThrows(DataCloneException.class, () -> StructuredClone.clone(value));
            assertTrue(e.getMessage().endsWith("Ticket[id=7] can only be moved; put it in the transfer list"),
                    e.getMessage());
        }
        assertEquals(new Wallet(new Ticket(-7)), StructuredClone.clone(new Wallet(ticket), ticket));
    }

    private record Own(int id) implements StructuredCloneable {
        @Override
        public Object[] cloneContents() {
            return new Object[0];
        }

        @Override
        public Own cloneEmpty() {
            return new Own(id);
        }

        @Override
        public void cloneFill(Object[] copies) {
        }
    }

    private record OwnHolder(Own own) {
    }

    @Test
    void aRecordThatClonesItselfIsTheSameCopyWhereverItIsMet() {
        Own own = new Own(1);
        Object[] copy = StructuredClone.clone(new Object[]{own, new OwnHolder(own), new Own[]{own}});
        assertNotSame(own, copy[0]);
        assertSame(copy[0], ((OwnHolder) copy[1]).own);
        assertSame(copy[0], ((Own[]) copy[2])[0]);
    }

    // ---- depth and races

    @Test
    void manyThreadsMayMeetAClassAtOnce() {
        W1 value = new W1(new W0(new int[1], new HashMap<>(Map.of("k", new ArrayList<>()))), null, null);
        Cloners[] cloners = new Cloners[1];
        Threads.race(Threads.Kind.PLATFORM, 3, 50, round -> cloners[0] = Cloners.builder().build(), (racer, round) -> {
            W1 copy = cloners[0].clone(value);
            assertEquals(value.a.any, copy.a.any);
            assertNotSame(value.a.any, copy.a.any);
        });
    }
}
