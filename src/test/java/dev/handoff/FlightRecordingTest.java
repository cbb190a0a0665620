package dev.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.handoff.channel.ChannelOptions;
import dev.handoff.channel.EventLoop;
import dev.handoff.channel.MessageChannel;
import dev.handoff.memory.Int32View;
import dev.handoff.memory.OwnedBuffer;
import dev.handoff.memory.SharedBuffer;
import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.WaitResult;
import dev.handoff.testing.Threads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import jdk.jfr.Configuration;
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a recording tells of messages, waits and transfers. */
@Timeout(60)
class FlightRecordingTest {
    private static final Path SETTINGS = Path.of("docs", "handoff.jfc");

    @TempDir private Path directory;

    @Test
    void everyEventHasItsLineInTheSettings() throws Exception {
        TreeSet<String> events = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
                .importPath(Path.of("target", "classes")).stream().filter(c -> c.isAssignableTo(Event.class))
                .map(c -> c.getAnnotationOfType(Name.class).value())
                .collect(Collectors.toCollection(TreeSet::new));
        TreeSet<String> lines = Configuration.create(SETTINGS).getSettings().keySet().stream()
                .map(key -> key.substring(0, key.indexOf('#'))).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(events, lines);
    }

    @Test
    void aPostThatCopiesOrWaitsIsRecordedWithItsReceiver() throws Exception {
        var channel = MessageChannel.<Object, Object>create(
                ChannelOptions.defaults().names("sender", "slow receiver").capacity(2));
        List<RecordedEvent> posts = record("dev.handoff.MessagePosted", () -> {
            channel.port1().post("the class of a message is looked at once");
            channel.port1().post("its own copy");
            try (var sender = Threads.resident(Threads.Kind.PLATFORM, "sender")) {
                var waiting = sender.begin(() -> {
                    channel.port1().post("no room");
                    return null;
                });
                Threads.untilParked(sender.thread());
                channel.port2().poll();
                waiting.get();
            }
            channel.port2().poll();
            channel.port1().post(new int[10]);
            channel.port2().poll();
            channel.port1().offer(new int[10]);
            channel.port1().close();
            assertThrows(IllegalStateException.class, () -> channel.port1().post("never sent"));
        }).stream().filter(e -> "slow receiver".equals(e.getString("receiver"))).toList();
        assertEquals(List.of(1L, 2L, 2L, 2L), posts.stream().map(e -> e.getLong("queueLength")).toList());
        assertEquals("sender", posts.get(1).getThread().getJavaName());
    }

    @Test
    void aMessageIsRecordedAsLongAsItsHandlersRun() throws Exception {
        var channel = MessageChannel.<String, Object>create("sender", "handler");
        List<RecordedEvent> deliveries = record("dev.handoff.MessageDelivered", () -> {
            channel.port1().post("first");
            channel.port1().post("last");
            channel.port1().close();
            new EventLoop().run(() -> channel.port2().onMessage(_ -> {
            }));
        });
        assertEquals(List.of(1L, 0L), deliveries.stream().map(e -> e.getLong("queueLength")).toList());
        assertEquals("java.lang.String", deliveries.getFirst().getClass("messageClass").getName());
        assertEquals("handler", deliveries.getFirst().getString("receiver"));
    }

    @Test
    void aMessageForASubscriberIsRecorded() throws Exception {
        var channel = MessageChannel.<Integer, Object>create("sender", "publisher");
        List<RecordedEvent> deliveries = record("dev.handoff.MessageDelivered", () -> {
            channel.port1().post(1);
            channel.port1().close();
            new EventLoop().run(() -> channel.port2().publisher().subscribe(new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription subscription) {
                    subscription.request(1);
                }

                @Override
                public void onNext(Integer item) {
                    // that is recorded
                }

                @Override
                public void onError(Throwable e) {
                    throw new AssertionError(e);
                }

                @Override
                public void onComplete() {
                    // ends the loop
                }
            }));
        });
        assertEquals(List.of("publisher"), deliveries.stream().map(e -> e.getString("receiver")).toList());
    }

    @Test
    void whoIsParkedForAMessageIsRecordedWithWhatItWaitsFor() throws Exception {
        var channel = MessageChannel.<String, Object>create(
                ChannelOptions.defaults().names("sender", "sleeper").idleStrategy(IdleStrategy::parking));
        List<RecordedEvent> waits = record("dev.handoff.ReceiveWait", () -> {
            try (var receiver = Threads.resident(Threads.Kind.PLATFORM, "receiver")) {
                var received = receiver.begin(channel.port2()::receive);
                Threads.untilParked(receiver.thread());
                channel.port1().post("wakes it");
                received.get();
            }
        });
        assertEquals(List.of("MessagePort[sleeper]"), waits.stream().map(e -> e.getString("receiver"))
                .filter(receiver -> receiver != null && receiver.contains("sleeper")).toList());
    }

    @Test
    void whoSleepsOnMemoryIsRecordedWithHowThatEnded() throws Exception {
        Int32View words = Int32View.of(SharedBuffer.allocate(8));
        List<String> results = record("dev.handoff.Wait", () -> {
            assertEquals(WaitResult.TIMED_OUT, words.await(0, 0, Duration.ofMillis(1)));
            try (var waiter = Threads.resident(Threads.Kind.PLATFORM, "waiter")) {
                var woken = waiter.begin(() -> words.await(1, 0));
                Threads.untilParked(waiter.thread());
                words.wake(1, 1);
                assertEquals(WaitResult.WOKEN, woken.get());
                var interrupted = waiter.begin(
                        () -> assertThrows(InterruptedException.class, () -> words.await(0, 0)));
                Threads.untilParked(waiter.thread());
                waiter.thread().interrupt();
                interrupted.get();
            }
        }).stream().map(e -> String.valueOf(e.getString("result"))).toList();
        assertEquals(List.of("TIMED_OUT", "WOKEN", "null"), results);
    }

    @Test
    void whoSleepsOnMappedMemoryIsRecordedToo() throws Exception {
        Int32View words = Int32View.of(SharedBuffer.map(directory.resolve("words"), 8));
        List<RecordedEvent> waits = record("dev.handoff.Wait",
                () -> assertEquals(WaitResult.TIMED_OUT, words.await(0, 0, Duration.ofMillis(1))));
        assertEquals(List.of("TIMED_OUT"), waits.stream().map(e -> e.getString("result")).toList());
    }

    @Test
    void aBufferThatMovesIsRecordedWithItsBytesAndItsReceiver() throws Exception {
        var channel = MessageChannel.<OwnedBuffer, Object>create("sender", "new owner");
        List<RecordedEvent> transfers = record("dev.handoff.Transfer", () -> {
            OwnedBuffer buffer = OwnedBuffer.allocate(1000).transfer();
            channel.port1().transfer(buffer);
            channel.port1().close();
        });
        assertEquals(List.of("null 1000", "new owner 1000"), transfers.stream()
                .map(e -> e.getString("receiver") + " " + e.getLong("bytes")).toList());
    }

    @Test
    void whatCostsEachMessageIsOnlyRecordedWhereThatIsAskedFor() throws Exception {
        var channel = MessageChannel.<Object, Object>create();
        try (Recording recording = new Recording(Configuration.getConfiguration("default"))) {
            List<String> events = record(recording, () -> {
                channel.port1().post(new int[1]);
                channel.port1().transfer(OwnedBuffer.allocate(1000));
                channel.port1().close();
                new EventLoop().run(() -> channel.port2().onMessage(_ -> {
                }));
            }).stream().map(e -> e.getEventType().getName()).toList();
            assertFalse(events.isEmpty());
            assertEquals(List.of(), events.stream().filter(name -> name.startsWith("dev.handoff.Message")
                    || name.equals("dev.handoff.Transfer")).toList());
        }
    }

    /** All of a name, however short they were, in the order of their ends. */
    private List<RecordedEvent> record(String name, Threads.Action action) throws Exception {
        try (Recording recording = new Recording(Configuration.create(SETTINGS))) {
            recording.enable(name).withThreshold(Duration.ZERO).with("throttle", "off");
            return record(recording, action).stream().filter(e -> e.getEventType().getName().equals(name))
                    .sorted(Comparator.comparing(RecordedEvent::getEndTime)).toList();
        }
    }

    private List<RecordedEvent> record(Recording recording, Threads.Action action) throws Exception {
        Path file = directory.resolve("recorded.jfr");
        recording.start();
        action.run();
        recording.stop();
        recording.dump(file);
        return RecordingFile.readAllEvents(file);
    }
}
