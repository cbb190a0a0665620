package dev.handoff.clone;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Buffers of {@code java.nio} and memory segments. What shows its array lies over the copy of that array, whole, so that
 * two views of one array stay such; of anything else the bytes in view are copied. The capacity, the position, the
 * limit, the byte order, and whether it is read-only or direct are kept; a mark, which nobody can ask for, is not.
 */
final class JdkBuffers {
    private static final Class<?> TEXT = CharBuffer.wrap("").getClass();

    private static final List<Object> ARRAYS = List.of(new byte[0], new char[0], new short[0], new int[0], new long[0],
            new float[0], new double[0]);

    private JdkBuffers() {
    }

    /** The plan of a buffer or of a segment in the heap, or null if the class is neither. */
    static @Nullable Plan plan(Class<?> type) {
        if (Buffer.class.isAssignableFrom(type)) {
            return new BufferPlan(type);
        }
        return ARRAYS.stream().filter(array -> segment(array).getClass() == type).findFirst()
                .map(array -> new SegmentPlan(type, array)).orElse(null);
    }

    // ---- buffers

    private static final class BufferPlan extends BuiltPlan {
        BufferPlan(Class<?> type) {
            super(type);
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            Buffer buffer = (Buffer) original;
            return buffer.hasArray() ? new @Nullable Object[]{buffer.array()} : new @Nullable Object[0];
        }

        @Override
        boolean isImmutable() {
            return false;
        }

        @Override
        Object build(Object original, @Nullable Object[] slots) {
            Buffer from = (Buffer) original;
            Buffer copy = slots.length == 1 && slots[0] != null
                    ? wrap(slots[0]).slice(from.arrayOffset(), from.capacity())
                    : copyOf(from);
            if (from instanceof ByteBuffer bytes) {
                ((ByteBuffer) copy).order(bytes.order());
            }
            return copy.limit(from.limit()).position(from.position());
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return ".array()";
        }
    }

    private static Buffer wrap(Object array) {
        return switch (array) {
            case byte[] a -> ByteBuffer.wrap(a);
            case char[] a -> CharBuffer.wrap(a);
            case short[] a -> ShortBuffer.wrap(a);
            case int[] a -> IntBuffer.wrap(a);
            case long[] a -> LongBuffer.wrap(a);
            case float[] a -> FloatBuffer.wrap(a);
            case double[] a -> DoubleBuffer.wrap(a);
            default -> throw new AssertionError(array.getClass());
        };
    }

    /** Of one that shows no array: it is direct, read-only, a view of bytes as numbers, or of a text. */
    private static Buffer copyOf(Buffer original) {
        Buffer from = original.duplicate().clear();
        if (from.getClass() == TEXT) {
            return CharBuffer.wrap(from.toString());
        }
        Buffer copy = switch (from) {
            case ByteBuffer _ -> bytes(from, 1);
            case CharBuffer b -> isOfHeap(b, CharBuffer.allocate(0).asReadOnlyBuffer())
                    ? CharBuffer.allocate(b.capacity())
                    : bytes(from, Character.BYTES).order(b.order()).asCharBuffer();
            case ShortBuffer b -> isOfHeap(b, ShortBuffer.allocate(0).asReadOnlyBuffer())
                    ? ShortBuffer.allocate(b.capacity())
                    : bytes(from, Short.BYTES).order(b.order()).asShortBuffer();
            case IntBuffer b -> isOfHeap(b, IntBuffer.allocate(0).asReadOnlyBuffer())
                    ? IntBuffer.allocate(b.capacity())
                    : bytes(from, Integer.BYTES).order(b.order()).asIntBuffer();
            case LongBuffer b -> isOfHeap(b, LongBuffer.allocate(0).asReadOnlyBuffer())
                    ? LongBuffer.allocate(b.capacity())
                    : bytes(from, Long.BYTES).order(b.order()).asLongBuffer();
            case FloatBuffer b -> isOfHeap(b, FloatBuffer.allocate(0).asReadOnlyBuffer())
                    ? FloatBuffer.allocate(b.capacity())
                    : bytes(from, Float.BYTES).order(b.order()).asFloatBuffer();
            case DoubleBuffer b -> isOfHeap(b, DoubleBuffer.allocate(0).asReadOnlyBuffer())
                    ? DoubleBuffer.allocate(b.capacity())
                    : bytes(from, Double.BYTES).order(b.order()).asDoubleBuffer();
        };
        MemorySegment.ofBuffer(copy).copyFrom(MemorySegment.ofBuffer(from));
        return from.isReadOnly() ? readOnly(copy) : copy;
    }

    private static boolean isOfHeap(Buffer buffer, Buffer ofHeap) {
        return buffer.getClass() == ofHeap.getClass();
    }

    private static ByteBuffer bytes(Buffer like, int width) {
        int bytes = Math.multiplyExact(like.capacity(), width);
        return like.isDirect() ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
    }

    private static Buffer readOnly(Buffer buffer) {
        return switch (buffer) {
            case ByteBuffer b -> b.asReadOnlyBuffer();
            case CharBuffer b -> b.asReadOnlyBuffer();
            case ShortBuffer b -> b.asReadOnlyBuffer();
            case IntBuffer b -> b.asReadOnlyBuffer();
            case LongBuffer b -> b.asReadOnlyBuffer();
            case FloatBuffer b -> b.asReadOnlyBuffer();
            case DoubleBuffer b -> b.asReadOnlyBuffer();
        };
    }

    // ---- segments

    private static final class SegmentPlan extends BuiltPlan {
        private final Object emptyArray;

        SegmentPlan(Class<?> type, Object emptyArray) {
            super(type);
            this.emptyArray = emptyArray;
        }

        @Override
        @Nullable
        Object[] contents(Object original) {
            return ((MemorySegment) original).heapBase().stream().toArray();
        }

        @Override
        boolean isImmutable() {
            return false;
        }

        @Override
        Object build(Object original, @Nullable Object[] slots) {
            MemorySegment from = (MemorySegment) original;
            if (slots.length == 1 && slots[0] != null) {
                return segment(slots[0]).asSlice(from.address(), from.byteSize());
            }
            MemorySegment copy = segment(array(from.byteSize())).asSlice(0, from.byteSize());
            return copy.copyFrom(from).asReadOnly();
        }

        /** Of the kind under the segment, which a read-only one does not show. */
        private Object array(long bytes) {
            long width = switch (emptyArray) {
                case byte[] _ -> 1;
                case char[] _,short[] _ -> 2;
                case int[] _,float[] _ -> 4;
                default -> 8;
            };
            return Array.newInstance(emptyArray.getClass().getComponentType(),
                    Math.toIntExact(Math.ceilDiv(bytes, width)));
        }

        @Override
        String step(@Nullable Object[] slots, int slot) {
            return ".heapBase().get()";
        }
    }

    private static MemorySegment segment(Object array) {
        return switch (array) {
            case byte[] a -> MemorySegment.ofArray(a);
            case char[] a -> MemorySegment.ofArray(a);
            case short[] a -> MemorySegment.ofArray(a);
            case int[] a -> MemorySegment.ofArray(a);
            case long[] a -> MemorySegment.ofArray(a);
            case float[] a -> MemorySegment.ofArray(a);
            case double[] a -> MemorySegment.ofArray(a);
            default -> throw new AssertionError(array.getClass());
        };
    }
}
