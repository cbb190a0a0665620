package dev.handoff.worker;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.channel.MessagePort;
import dev.handoff.channel.Overflow;
import dev.handoff.channel.PortClosedException;
import dev.handoff.channel.PortFullException;
import dev.handoff.clone.DataCloneException;
import dev.handoff.memory.DetachedException;
import dev.handoff.memory.Int32View;
import dev.handoff.memory.MemoryStatistics;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import javax.management.ObjectName;

/**
 * The program of {@link SoakTest}: uses workers and channels at random, with faults, for some time; then for four times as
 * long, and compares what is there after each. Arguments: seconds, seed. Each round depends on its seed only, but not how
 * its threads interleave.
 */
final class Soak {
    private static final int DRIVERS = 4;
    private static final int GC_ROUNDS = 300;
    /** What threads of the JVM's own may keep for their next allocations. */
    private static final long MOST_POOLED = 4 << 20;
    private static final long HEAP_SLACK = 4 << 20;
    private static final long RSS_SLACK = 48 << 20;

    /** What was not expected. */
    private static final Queue<Throwable> FAILURES = new ConcurrentLinkedQueue<>();
    private static final AtomicLong ROUNDS = new AtomicLong();

    private Soak() {
    }

    /** What bodies, handlers and executors throw on purpose. */
    private static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1;

        Fault() {
            super("on purpose");
        }
    }

    public static void main(String[] args) throws Exception {
        Duration duration = Duration.ofSeconds(Long.parseLong(args[0]));
        long seed = Long.parseLong(args[1]);
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
            if (!isExpected(e)) {
                FAILURES.add(new AssertionError("uncaught in " + thread, e));
            }
        });
        SplittableRandom random = new SplittableRandom(seed);
        Set<String> before = platformThreads();
        Footprint warm = phase(duration.dividedBy(5), random, before);
        Footprint end = phase(duration.multipliedBy(4).dividedBy(5), random, before);
        if (end.heap > warm.heap + HEAP_SLACK) {
            System.out.println(histogram());
            FAILURES.add(new AssertionError("the heap grew: " + warm + " -> " + end));
        }
        if (end.resident > warm.resident + RSS_SLACK) {
            FAILURES.add(new AssertionError("the process grew: " + warm + " -> " + end));
        }
        System.out.println("seed " + seed + ", " + ROUNDS + " rounds, " + warm + " -> " + end);
        FAILURES.forEach(e -> e.printStackTrace(System.out));
        System.exit(FAILURES.isEmpty() ? 0 : 1);
    }

    // ---- what is left

    private record Footprint(long heap, long resident) {
    }

    private static Footprint phase(Duration duration, SplittableRandom random, Set<String> before) throws Exception {
        long end = System.nanoTime() + duration.toNanos();
        List<Thread> drivers = new ArrayList<>();
        for (int i = 0; i < DRIVERS; i++) {
            SplittableRandom own = random.split();
            Runnable driver = () -> {
                while (System.nanoTime() < end && FAILURES.isEmpty()) {
                    long seed = own.nextLong();
                    try {
                        new Round(seed).run();
                        ROUNDS.incrementAndGet();
                    } catch (Throwable e) {
                        FAILURES.add(new AssertionError("round of seed " + seed, e));
                    }
                }
            };
            drivers.add(i % 2 == 0
                    ? Thread.ofPlatform().name("soak-driver-" + i).start(driver)
                    : Thread.ofVirtual().name("soak-driver-" + i).start(driver));
        }
        for (Thread driver : drivers) {
            while (!driver.join(Duration.ofSeconds(60).plus(duration))) { // it hangs: tells where, and stops the
                                                                          // program
                System.out.println(threadDump());
                System.out.println("hanging: " + drivers.stream().filter(Thread::isAlive).toList());
                FAILURES.forEach(e -> e.printStackTrace(System.out));
                Runtime.getRuntime().halt(2);
            }
        }
        Leftovers left = new Leftovers(before);
        for (int i = 0; i < GC_ROUNDS && !left.isNothing(); i++) {
            System.gc();
            LockSupport.parkNanos(10_000_000); // lets what waits for the collector run
            left = new Leftovers(before);
        }
        if (!left.isNothing()) {
            FAILURES.add(new AssertionError("something is left: " + left));
        }
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return new Footprint(runtime.totalMemory() - runtime.freeMemory(), residentBytes());
    }

    private record Leftovers(MemoryStatistics memory, long held, List<String> platform, List<String> virtual) {
        Leftovers(Set<String> before) throws IOException {
            this(MemoryStatistics.snapshot(), Keeper.held(), platformThreads().stream()
                    .filter(name -> !before.contains(name) && !isOfTheMachinery(name)).toList(), virtualThreads());
        }

        boolean isNothing() {
            return memory.bytesInUse() == 0 && memory.bytesInFlight() == 0
                    && memory.bytesPooled() <= MOST_POOLED && held == 0 && platform.isEmpty() && virtual.isEmpty();
        }
    }

    private static Set<String> platformThreads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).collect(Collectors.toSet());
    }

    /** Threads of the JVM, and those of the library of which there is one in each JVM. */
    private static boolean isOfTheMachinery(String name) {
        return name.startsWith("ForkJoinPool") || name.startsWith("VirtualThread-")
                || name.startsWith("CompletableFutureDelayScheduler") || name.startsWith("handoff")
                || name.startsWith("Attach") || name.startsWith("Cleaner");
    }

    private static List<String> virtualThreads() throws IOException {
        return threadDump().lines().filter(line -> line.startsWith("#") && line.contains(" virtual")).toList();
    }

    private static String threadDump() throws IOException {
        Path directory = Files.createTempDirectory("soak");
        Path file = directory.resolve("threads.txt");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpThreads(file.toString(),
                HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
        String text = Files.readString(file);
        Files.delete(file);
        Files.delete(directory);
        return text;
    }

    /** The classes that take most of the heap. */
    private static String histogram() throws Exception {
        return diagnose("gcClassHistogram").lines().limit(40).collect(Collectors.joining("\n"));
    }

    /** Runs a command that {@code jcmd} has, too. */
    private static String diagnose(String command) throws Exception {
        Object[] noOptions = {new String[0]};
        String[] signature = {String[].class.getName()};
        return ManagementFactory.getPlatformMBeanServer().invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), command, noOptions, signature).toString();
    }

    /** 0 where the system does not tell. What malloc keeps of freed memory, dropped buffers mostly, is given back first. */
    private static long residentBytes() throws Exception {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        diagnose("systemTrimNativeHeap");
        return Files.readAllLines(status).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10).findAny().orElse(0);
    }

    // ---- one round: some workers and channels, and what is done to them

    /** What may be thrown by code that uses what others close, move, fill up and interrupt. */
    private static boolean isExpected(Throwable e) {
        return e instanceof Fault || e instanceof PortClosedException || e instanceof PortFullException
                || e instanceof DetachedException || e instanceof InterruptedException
                || e instanceof DataCloneException && e.getCause() instanceof DetachedException // of a closed port
                || e instanceof WorkerTerminatedException || e instanceof RejectedExecutionException;
    }

    private static final class Round {
        private final SplittableRandom random;
        private final List<Worker<Object, Object>> workers = new ArrayList<>();
        private final List<MessagePort<Object, Object>> ports = new ArrayList<>();
        private final List<CompletableFuture<?>> answers = new ArrayList<>();
        private final List<Thread> waiting = new ArrayList<>();
        private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
        /** That workers have used, so that they belong to their loops. */
        private final Queue<MessagePort<?, ?>> used = new ConcurrentLinkedQueue<>();
        private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

        Round(long seed) {
            random = new SplittableRandom(seed);
        }

        void run() throws Exception {
            try {
                int count = random.nextInt(1, 4);
                for (int i = 0; i < count; i++) {
                    startWorker();
                }
                int steps = random.nextInt(5, 60);
                for (int i = 0; i < steps; i++) {
                    try {
                        step(workers.get(random.nextInt(count)));
                    } catch (RuntimeException | InterruptedException e) {
                        if (!isExpected(e)) {
                            throw e;
                        }
                    }
                }
            } finally {
                end();
            }
        }

        private void end() throws Exception {
            for (Worker<Object, Object> worker : workers) {
                if (random.nextInt(4) == 0) {
                    worker.shutdown();
                    LockSupport.parkNanos(random.nextInt(1_000_000));
                }
                worker.terminate();
            }
            for (Worker<Object, Object> worker : workers) {
                worker.exited().get();
                require(!worker.port().isOpen(), "the port of a worker that has ended is open");
                require(!worker.hasRef(), "a worker that has ended is referenced");
                worker.port().close();
                worker.port().closed().get();
            }
            for (MessagePort<?, ?> port : used) {
                require(!port.isOpen(), "a port of a worker that has ended is open");
            }
            waiting.forEach(Thread::interrupt);
            for (Thread thread : waiting) {
                thread.join();
            }
            for (MessagePort<Object, Object> port : ports) {
                port.close();
                try {
                    port.closed().get();
                } catch (DetachedException e) {
                    // it was moved, and whoever got it is gone
                }
                require(!port.isOpen(), "a closed port is open");
            }
            for (CompletableFuture<?> answer : answers) {
                answer.exceptionally(_ -> null).get();
            }
            for (Thread thread : threads) {
                thread.join(); // the children of a worker end after it
            }
            require(wrong.isEmpty(), wrong.toString());
        }

        private static void require(boolean condition, String otherwise) {
            if (!condition) {
                throw new AssertionError(otherwise);
            }
        }

        private void startWorker() {
            long seed = random.nextLong();
            WorkerOptions<?> options = WorkerOptions.defaults().name("soak");
            options = switch (random.nextInt(4)) {
                case 0 -> options.platform();
                case 1 -> options.threadFactory(task -> Thread.ofPlatform().daemon().name("soak").unstarted(task));
                default -> options.virtual();
            };
            if (random.nextBoolean()) {
                MessagePort<Object, Object> given = newChannel().port2();
                workers.add(start(seed, options.workerData(given, given)));
            } else {
                OwnedBuffer given = newBuffer();
                workers.add(start(seed, options.workerData(given, given)));
            }
            if (random.nextInt(8) == 0) {
                failToStart();
            }
            Worker<Object, Object> worker = workers.getLast();
            Queue<String> seen = new ConcurrentLinkedQueue<>();
            worker.onError(e -> {
                seen.add("error");
                if (!isExpected(e)) {
                    FAILURES.add(new AssertionError("error of a worker of seed " + seed, e));
                }
            });
            worker.onExit(_ -> {
                seen.add("exit");
                if (!List.of("exit").equals(List.copyOf(seen)) && !List.of("error", "exit").equals(List.copyOf(seen))) {
                    wrong.add("listeners heard " + seen);
                }
            });
            if (random.nextInt(3) == 0) {
                worker.onMessage(message -> {
                    free(message);
                    if (message.hashCode() % 16 == 0) {
                        throw new Fault();
                    }
                });
            }
        }

        /** A thread that can't be started leaves the buffer with its owner. */
        private void failToStart() {
            OwnedBuffer buffer = newBuffer();
            try {
                Worker.<Object, Object, OwnedBuffer>start(_ -> {
                }, WorkerOptions.defaults().workerData(buffer, buffer).threadFactory(_ -> {
                    throw new Fault();
                }));
            } catch (Fault e) {
                require(buffer.state() == OwnedBuffer.State.OWNED, "a start that failed took a buffer");
                buffer.close();
            }
        }

        private Worker<Object, Object> start(long seed, WorkerOptions<?> options) {
            return Worker.start(scope -> {
                threads.add(Thread.currentThread());
                new Body(scope, new SplittableRandom(seed), threads, used).run();
            }, options);
        }

        private MessageChannel<Object, Object> newChannel() {
            ChannelOptions options = ChannelOptions.defaults().names("soak 1", "soak 2");
            if (random.nextBoolean()) {
                options = options.capacity(random.nextInt(1, 5))
                        .overflow(Overflow.values()[random.nextInt(Overflow.values().length)]);
            }
            MessageChannel<Object, Object> channel = MessageChannel.create(options);
            ports.add(channel.port1());
            return channel;
        }

        private OwnedBuffer newBuffer() {
            OwnedBuffer buffer = OwnedBuffer.allocate(1L << random.nextInt(4, 18));
            if (random.nextBoolean()) {
                buffer.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            }
            return buffer;
        }

        private void step(Worker<Object, Object> worker) throws InterruptedException {
            switch (random.nextInt(16)) {
                case 0 -> worker.post("text");
                case 1 -> worker.post(new int[]{random.nextInt()});
                case 2, 3 -> sendBuffer(worker.port());
                case 4 -> sendBuffers(worker.port());
                case 5, 6 -> {
                    MessagePort<Object, Object> far = newChannel().port2();
                    try {
                        worker.post(far, far);
                    } catch (PortClosedException e) {
                        far.close();
                    }
                }
                case 7, 8 -> usePort();
                case 9 -> answers.add(worker.port().request("question"));
                case 10 -> free(worker.receive(Duration.ofNanos(random.nextInt(200_000))));
                case 11 -> handlePort();
                case 12 -> refusedPost(worker.port());
                case 13 -> interruptedWait(worker);
                case 14 -> {
                    if (random.nextInt(4) == 0) {
                        worker.terminate();
                    }
                }
                default -> {
                    if (worker.statistics().utilisation().ratio() > 1) {
                        wrong.add("a loop that is busier than busy");
                    }
                    LockSupport.parkNanos(random.nextInt(100_000));
                }
            }
        }

        private void sendBuffer(MessagePort<Object, Object> port) throws InterruptedException {
            OwnedBuffer buffer = newBuffer();
            try {
                if (!port.offer(buffer, Duration.ofNanos(random.nextInt(100_000)), buffer)) {
                    buffer.close();
                }
            } catch (PortClosedException | DetachedException e) {
                require(buffer.state() == OwnedBuffer.State.OWNED, "a post that failed took a buffer");
                buffer.close();
            }
        }

        private void sendBuffers(MessagePort<Object, Object> port) {
            List<OwnedBuffer> buffers = List.of(newBuffer(), newBuffer(), newBuffer());
            try {
                port.transfer(new ArrayList<>(buffers));
            } catch (PortClosedException | PortFullException | DetachedException e) {
                buffers.forEach(OwnedBuffer::close);
            }
        }

        private void refusedPost(MessagePort<Object, Object> port) {
            OwnedBuffer buffer = newBuffer();
            try {
                port.post(List.of(buffer, new Thread()), buffer);
                wrong.add("a thread was cloned");
            } catch (DataCloneException | PortClosedException e) {
                require(buffer.state() == OwnedBuffer.State.OWNED, "a post that failed took a buffer");
            }
            buffer.close();
        }

        private MessagePort<Object, Object> anyPort() {
            return ports.isEmpty() ? newChannel().port1() : ports.get(random.nextInt(ports.size()));
        }

        private void usePort() throws InterruptedException {
            MessagePort<Object, Object> port = anyPort();
            switch (random.nextInt(6)) {
                case 0, 1 -> sendBuffer(port);
                case 2 -> port.offer("text");
                case 3 -> free(port.poll());
                case 4 -> free(port.receive(Duration.ofNanos(random.nextInt(200_000))));
                default -> port.close();
            }
        }

        private void handlePort() {
            MessagePort<Object, Object> port = anyPort();
            long seed = random.nextLong();
            Executor executor = switch (random.nextInt(3)) {
                case 0 -> Runnable::run;
                case 1 -> task -> {
                    if ((seed + System.nanoTime()) % 4 == 0) {
                        throw new RejectedExecutionException("on purpose");
                    }
                    Thread.startVirtualThread(task);
                };
                default -> EventLoop.executorHere();
            };
            try {
                port.onMessage(message -> {
                    free(message);
                    if (seed % 4 == 0) {
                        throw new Fault();
                    }
                }, executor);
            } catch (IllegalStateException e) {
                // it has a handler elsewhere
            }
        }

        /** A thread that waits to receive or for room; it is interrupted now or at the end of the round. */
        private void interruptedWait(Worker<Object, Object> worker) {
            MessagePort<Object, Object> port = anyPort();
            int what = random.nextInt(3);
            Thread thread = Thread.ofVirtual().name("soak-waiting").start(() -> {
                try {
                    switch (what) {
                        case 0 -> free(port.receive());
                        case 1 -> free(worker.receive());
                        default -> {
                            for (int i = 0; i < 100; i++) {
                                sendWaiting(port);
                            }
                        }
                    }
                } catch (RuntimeException | InterruptedException e) {
                    if (!isExpected(e)) {
                        FAILURES.add(e);
                    }
                }
            });
            waiting.add(thread);
            if (what == 2 || random.nextBoolean()) {
                LockSupport.parkNanos(random.nextInt(100_000));
                thread.interrupt();
            }
        }

        private static void sendWaiting(MessagePort<Object, Object> port) {
            OwnedBuffer buffer = OwnedBuffer.allocate(64);
            try {
                port.post(buffer, buffer);
            } catch (PortFullException | PortClosedException e) {
                buffer.close();
                throw e;
            }
        }
    }

    /** Closes what a message carries. */
    private static void free(Object message) {
        switch (message) {
            case null -> {
            }
            case OwnedBuffer buffer -> buffer.close();
            case MessagePort<?, ?> port -> port.close();
            case List<?> list -> list.forEach(Soak::free);
            default -> {
            }
        }
    }

    // ---- what workers do

    private record Body(WorkerScope<Object, Object, ?> scope, SplittableRandom random, Queue<Thread> threads,
            Queue<MessagePort<?, ?>> used) {
        void run() throws Exception {
            boolean diligent = random.nextBoolean();
            if (diligent) {
                use(scope.workerData());
            }
            OwnedBuffer dropped = OwnedBuffer.allocate(1 << 10);
            if (diligent) {
                dropped.close();
            }
            switch (random.nextInt(10)) {
                case 0 -> throw new Fault();
                case 1 -> scope.exit(random.nextInt(200));
                case 2 -> {
                    while (true) {
                        use(scope.receive());
                    }
                }
                case 3 -> Int32View.of(SharedBuffer.allocate(4)).await(0, 0);
                case 4 -> {
                    while (true) {
                        scope.checkTerminated();
                        use(scope.port().poll());
                        LockSupport.parkNanos(1); // lets others have the carrier, which who runs for ever would keep
                    }
                }
                case 5 -> {
                    Worker<Object, Object> child = Worker.start(inner -> {
                        threads.add(Thread.currentThread());
                        inner.onMessage(inner::transfer);
                    }, WorkerOptions.defaults().virtual());
                    child.onMessage(this::use);
                    scope.onMessage(child::transfer);
                }
                case 6 -> scope.port().onRequest(request -> {
                    use(request.message());
                    switch (request.wantsReply() ? random.nextInt(3) : 2) {
                        case 0 -> request.reply("answer");
                        case 1 -> request.fail(new Fault());
                        default -> {
                        }
                    }
                });
                case 7 -> {
                    scope.loop().scheduleAtFixedRate(() -> {
                        if (random.nextInt(32) == 0) {
                            throw new Fault();
                        }
                    }, Duration.ofNanos(50_000));
                    scope.onMessage(this::use);
                }
                default -> scope.onMessage(this::use);
            }
        }

        private void use(Object message) {
            switch (message) {
                case null -> {
                }
                case OwnedBuffer buffer -> {
                    switch (random.nextInt(4)) {
                        case 0 -> buffer.close();
                        case 1 -> buffer.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 2); // and drops it
                        default -> sendBack(buffer);
                    }
                }
                case MessagePort<?, ?> port -> usePort(port);
                case List<?> list -> list.forEach(this::use);
                default -> {
                    if (random.nextInt(24) == 0) {
                        throw new Fault();
                    }
                    scope.post(message);
                }
            }
        }

        private void sendBack(OwnedBuffer buffer) {
            try {
                scope.post(buffer, buffer);
            } catch (WorkerTerminatedException | PortClosedException e) {
                buffer.close();
                throw e;
            }
        }

        @SuppressWarnings("unchecked") // all ports of this program are of this type
        private void usePort(MessagePort<?, ?> received) {
            MessagePort<Object, Object> port = (MessagePort<Object, Object>) received;
            switch (random.nextInt(5)) {
                case 0 -> port.close();
                case 1 -> scope.post(port, port);
                case 2 -> {
                    port.onMessage(this::use);
                    used.add(port);
                }
                case 3 -> {
                    OwnedBuffer buffer = OwnedBuffer.allocate(1 << 8);
                    if (!port.offer(buffer, buffer)) {
                        buffer.close();
                    }
                    port.onMessage(this::use);
                    used.add(port);
                }
                default -> {
                    // drops it
                }
            }
        }
    }
}
