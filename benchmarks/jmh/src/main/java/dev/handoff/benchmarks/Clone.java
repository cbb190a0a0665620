package dev.handoff.benchmarks;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.RecordSerializer;
import dev.handoff.benchmarks.Shape.Booking;
import dev.handoff.benchmarks.Shape.City;
import dev.handoff.benchmarks.Shape.Link;
import dev.handoff.benchmarks.Shape.Node;
import dev.handoff.benchmarks.Shape.Samples;
import dev.handoff.benchmarks.Shape.Status;
import dev.handoff.clone.Cloners;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.fory.Fory;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Deep copies of each {@link Shape}, ours beside those of others. Before it is measured, each shows that its copy of the
 * shape is {@link Faithful}: nobody is measured who shares what can change, or who loses an identity.
 *
 * <p>
 * All forks have stacks on which those get through who copy recursively.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE, Jvm.DEEP_STACKS})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class Clone {
    /** Who copies, and what. */
    @State(Scope.Thread)
    public abstract static class Copier {
        private Object original;

        abstract Shape shape();

        abstract Object copy(Object original) throws Exception;

        @Setup
        public void setUp() throws Exception {
            original = shape().create();
            Faithful.check(original, copy(original));
        }

        final Object copy() throws Exception {
            return copy(original);
        }
    }

    /** Who copies any shape. */
    public abstract static class CopierOfAny extends Copier {
        @Param public Shape shape;

        @Override
        final Shape shape() {
            return shape;
        }
    }

    /** Ours. */
    public static class Ours extends CopierOfAny {
        private static final Cloners CLONERS = Cloners.builder()
                .open(MethodHandles.lookup(), Node.class, Link.class).build();

        @Override
        Object copy(Object original) {
            return CLONERS.clone(original);
        }
    }

    /** Code for this one shape. */
    public static class ByHand extends CopierOfAny {
        @Override
        Object copy(Object original) {
            return shape.copy(original);
        }
    }

    /** Code for this one shape that finds out which objects are the same. */
    public static class ByHandWithIdentityTable extends Copier {
        @Param({"CYCLIC_GRAPH", "CHAIN"}) public Shape shape;

        @Override
        Shape shape() {
            return shape;
        }

        @Override
        Object copy(Object original) {
            return shape.copyWithIdentityTable(original);
        }
    }

    /** {@link Kryo#copy}. */
    public static class ByKryo extends CopierOfAny {
        private final Kryo kryo = new Kryo();

        public ByKryo() {
            kryo.setCopyReferences(true);
            for (Class<?> type : List.of(Booking.class, City.class, Node.class, Link.class, ArrayList.class,
                    HashMap.class, int[].class, byte[].class, double[].class, double[][].class)) {
                kryo.register(type);
            }
            kryo.register(Samples.class, new SamplesSerializer());
        }

        @Override
        Object copy(Object original) {
            return kryo.copy(original);
        }
    }

    /** Kryo takes all records for immutable, and shares them with what they hold. */
    private static final class SamplesSerializer extends RecordSerializer<Samples> {
        SamplesSerializer() {
            super(Samples.class);
        }

        @Override
        public Samples copy(Kryo kryo, Samples original) {
            return new Samples(original.sensor(), kryo.copy(original.values()));
        }
    }

    /** {@link Fory#copy}. */
    public static class ByFory extends CopierOfAny {
        private final Fory fory = Fory.builder().withXlang(false).withRefTracking(true).withRefCopy(true)
                .suppressClassRegistrationWarnings(true).build();

        public ByFory() {
            for (Class<?> type : List.of(Booking.class, Status.class, City.class, Samples.class, Node.class,
                    Link.class)) {
                fory.register(type);
            }
        }

        @Override
        Object copy(Object original) {
            return fory.copy(original);
        }
    }

    /** {@link ObjectOutputStream} and {@link ObjectInputStream}. */
    public static class BySerialization extends CopierOfAny {
        @Override
        Object copy(Object original) throws IOException, ClassNotFoundException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(original);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return in.readObject();
            }
        }
    }

    /** JSON and back: has no cycles, and is not to be nested deeply. */
    public static class ByJackson extends Copier {
        @Param({"RECORD_OF_IMMUTABLES", "RECORD_WITH_ARRAY", "LIST_OF_INTEGERS", "LIST_OF_RECORDS_WITH_ARRAYS",
                "MAP_OF_IMMUTABLE_RECORDS", "MAP_OF_RECORDS_WITH_ARRAYS", "BYTES", "DOUBLES"}) public Shape shape;
        private ObjectWriter writer;
        private ObjectReader reader;

        @Override
        Shape shape() {
            return shape;
        }

        @Override
        public void setUp() throws Exception {
            TypeReference<?> type = switch (shape) {
                case RECORD_OF_IMMUTABLES -> new TypeReference<Booking>() {
                };
                case RECORD_WITH_ARRAY -> new TypeReference<Samples>() {
                };
                case LIST_OF_INTEGERS -> new TypeReference<ArrayList<Integer>>() {
                };
                case LIST_OF_RECORDS_WITH_ARRAYS -> new TypeReference<ArrayList<Samples>>() {
                };
                case MAP_OF_IMMUTABLE_RECORDS -> new TypeReference<HashMap<String, City>>() {
                };
                case MAP_OF_RECORDS_WITH_ARRAYS -> new TypeReference<HashMap<String, Samples>>() {
                };
                case BYTES -> new TypeReference<byte[]>() {
                };
                case DOUBLES -> new TypeReference<double[][]>() {
                };
                case CYCLIC_GRAPH, CHAIN, NESTED_LISTS -> throw new IllegalArgumentException(shape.name());
            };
            JsonMapper mapper = new JsonMapper();
            writer = mapper.writerFor(type);
            reader = mapper.readerFor(type);
            super.setUp();
        }

        @Override
        Object copy(Object original) {
            return reader.readValue(writer.writeValueAsBytes(original));
        }
    }

    @Benchmark
    public Object handoff(Ours copier) throws Exception {
        return copier.copy();
    }

    @Benchmark
    public Object handWritten(ByHand copier) throws Exception {
        return copier.copy();
    }

    @Benchmark
    public Object handWrittenWithIdentityTable(ByHandWithIdentityTable copier) throws Exception {
        return copier.copy();
    }

    @Benchmark
    public Object kryo(ByKryo copier) throws Exception {
        return copier.copy();
    }

    @Benchmark
    public Object fory(ByFory copier) throws Exception {
        return copier.copy();
    }

    @Benchmark
    public Object serialization(BySerialization copier) throws Exception {
        return copier.copy();
    }

    @Benchmark
    public Object jackson(ByJackson copier) throws Exception {
        return copier.copy();
    }
}
