package dev.handoff.clone;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Spliterator;
import java.util.StringJoiner;
import java.util.Timer;
import java.util.WeakHashMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Exchanger;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.random.RandomGenerator;
import java.util.stream.BaseStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Why objects of a class can't be cloned, and what to do about it. */
final class Refusals {
    /** What a class belongs to, and what to send instead. The first that fits counts. */
    private record Group(String advice, List<Class<?>> types) {
        Group(String advice, Class<?>... types) {
            this(advice, List.of(types));
        }

        boolean has(Class<?> type) {
            return types.stream().anyMatch(t -> t.isAssignableFrom(type));
        }
    }

    private static final List<Group> GROUPS = List.of(
            new Group(
                    "an exception in a message: send its class and its message, or let it be the error of a worker or a"
                            + " task, which is passed on as it is",
                    Throwable.class),
            new Group("a thread is no data: send what it works on", Thread.class, ThreadGroup.class),
            new Group("a thread's own values are no data: send the value", ThreadLocal.class),
            new Group("a class loader or a module is no data: send a class, or its name", ClassLoader.class,
                    Module.class, ModuleLayer.class),
            new Group("a lock works among threads that share it, and its copy would lock nothing: use a lock of"
                    + " dev.handoff.concurrent in a shared buffer, or capture it in the code of the thread",
                    Lock.class, ReadWriteLock.class, StampedLock.class, Condition.class,
                    AbstractQueuedSynchronizer.class, Semaphore.class, CountDownLatch.class, CyclicBarrier.class,
                    Phaser.class, Exchanger.class),
            new Group("it hands elements from thread to thread, and its copy would stand apart: use a message port, or"
                    + " send the elements in a list", SynchronousQueue.class, DelayQueue.class,
                    LinkedTransferQueue.class),
            new Group("what is still to come can't be copied: send the result", CompletionStage.class, Future.class),
            new Group("an executor is no data: send what it is to work on", Executor.class, Timer.class),
            new Group("a copy would give the same numbers again: send a seed, or make one where it is used",
                    RandomGenerator.class, Random.class),
            new Group("a stream can be read once: send its elements, by toList()", BaseStream.class),
            new Group("a position in a collection is nothing without it: send the elements in a list", Iterator.class,
                    Enumeration.class, Spliterator.class),
            new Group("a reference that the garbage collector clears is no data: send what it refers to, or null",
                    Reference.class, Cleaner.class, Cleaner.Cleanable.class),
            new Group("nothing but the copy itself would hold on to its keys: send a HashMap", WeakHashMap.class),
            new Group("its function can't be seen: send its value", LongAccumulator.class, DoubleAccumulator.class),
            new Group("its separator can't be seen: send its text, by toString()", StringJoiner.class),
            new Group("memory outside of the heap belongs to its arena: copy it to a buffer, by"
                    + " OwnedBuffer.copyOf(segment), and send that", MemorySegment.class, Arena.class),
            new Group("what is open to a file, a socket or another process stays with who opened it: send the data, or"
                    + " the name", AutoCloseable.class, Process.class));

    private Refusals() {
    }

    static RefusedPlan plan(Class<?> type, Plans plans) {
        return new RefusedPlan(type, type.getName() + " can't be cloned; " + advice(type, plans), null);
    }

    /** Why a class is refused by strict cloners. */
    static String strict(Class<?> type, String copy) {
        return type.getName()
                + " can't be cloned by strict cloners; it is a view of another collection, and its copy would"
                + " be " + copy + ": send one, such as new ArrayList<>(view)";
    }

    /** Of {@link java.util.Collections#checkedList} and its like. */
    static boolean isChecked(Class<?> type) {
        return JdkTypes.isJdk(type) && type.getName().startsWith("java.util.Collections$Checked");
    }

    private static String advice(Class<?> type, Plans plans) {
        if (Proxy.isProxyClass(type)) {
            return "a proxy is what its handler makes of it: send the data behind it";
        }
        if (type.isHidden()) {
            return type.isSynthetic()
                    ? "a lambda or a method reference is code, and what it captures can't be seen: send the data, or an"
                            + " enum constant that says what to do"
                    : "a hidden class can't be told from its name: send the data in a record";
        }
        if (isChecked(type)) {
            return "the type that it checks for can't be seen: send the collection beneath it";
        }
        if (type == Object.class) {
            return "a plain Object is nothing but itself: send an enum constant";
        }
        Class<?> base = cloneableBase(type, plans);
        if (base != null) {
            return "it extends " + base.getName() + ", and a copy of that class would lose what it adds: send a "
                    + base.getName() + orMakeItCloneable(type);
        }
        for (Group group : GROUPS) {
            if (group.has(type)) {
                return group.advice + (JdkTypes.isJdk(type) ? "" : orMakeItCloneable(type));
            }
        }
        if (isInner(type)) {
            return "it is not static, and would take along the object around it: make it a record or a static class"
                    + orMakeItCloneable(type);
        }
        return "make it a record" + orMakeItCloneable(type);
    }

    /** The three ways. */
    private static String orMakeItCloneable(Class<?> type) {
        String cloner = "register a Cloner for it";
        return isOfTheJdk(type)
                ? ", or " + cloner
                : ", let it implement StructuredCloneable, " + cloner
                        + ", or open it, by Cloners.builder().open(MethodHandles.lookup(), "
                        + type.getSimpleName() + ".class)";
    }

    private static boolean isOfTheJdk(Class<?> type) {
        return type.getModule().isNamed() && type.getModule().getDescriptor() != null
                && Stream.of("java.", "jdk.").anyMatch(type.getModule().getName()::startsWith);
    }

    private static boolean isInner(Class<?> type) {
        return type.isAnonymousClass() || type.isLocalClass()
                || type.isMemberClass() && !Modifier.isStatic(type.getModifiers());
    }

    /** The first superclass that the JDK has and that can be cloned: {@code new HashMap<>() {{ ... }}} is no HashMap. */
    private static @Nullable Class<?> cloneableBase(Class<?> type, Plans plans) {
        for (Class<?> c = type.getSuperclass(); c != null; c = c.getSuperclass()) {
            if (JdkTypes.plan(c, plans) != null) {
                return c;
            }
        }
        return null;
    }
}
