<#--
  Int8View, Int16View, Int32View, Int64View, Float32View and Float64View. TypedViewSourcesTest renders them, and fails
  where a source in src/main/java differs; run with -Dviews=write it rewrites them. What it passes in:

  name      Int32View
  noun      signed 32-bit integers
  type      int: an element
  operand   int: what is written. An int for 8 and 16 bits, of which the low bits are taken
  bits      32
  shift     2: the binary logarithm of an element's bytes
  lane      an element is 8 or 16 bits, for which memory has no read-modify-write but that of the 32-bit word around it
  floating  an element is floating point
  waits     an element can be waited on
  unsigned  long: what holds every unsigned value; empty where nothing does
-->
<#assign box = {"byte": "Byte", "short": "Short", "int": "Integer"}[type]!>
<#assign cast = lane?then("(" + type + ") ", "")>
<#assign mask = (bits == 8)?then("0xff", "0xffff")>
<#assign low = lane?then(", of which the low " + bits + " bits count", "")>
<#assign buffers = [
    {"type": "OwnedBuffer", "noun": "an owned", "whole": "owned buffer, claiming it if it is unclaimed"},
    {"type": "FrozenBuffer", "noun": "a frozen", "whole": "frozen buffer, whose elements can only be read"}]>
<#assign strengths = [
    {"get": "", "set": "", "mode": "Volatile", "doc": "volatile", "read": "volatile", "write": "volatile"},
    {"get": "Plain", "set": "Plain", "mode": "", "read": "plain", "write": "plain"},
    {"get": "Opaque", "set": "Opaque", "mode": "Opaque", "read": "opaque", "write": "opaque"},
    {"get": "Acquire", "set": "Release", "read": "acquire: pairs with {@link #setRelease} and stronger writes",
        "write": "release: pairs with {@link #getAcquire} and stronger reads"}]>
<#-- Of read-modify-write operations: the strength, and with what a lane reads its word. -->
<#assign orders = [
    {"name": "", "doc": "volatile", "read": "Volatile"},
    {"name": "Acquire", "doc": "acquire; the write is plain", "read": "Acquire"},
    {"name": "Release", "doc": "release; the read is plain", "read": "Opaque"}]>
<#assign updates = [{"name": "Set", "does": "Replaces an element", "operand": "what to store", "operator": ""},
    {"name": "Add", "does": "Adds to an element, " + floating?then("rounding as {@code +} does", "wrapping around"),
        "operand": "what to add", "operator": "+"}]
    + floating?then([], [
        {"name": "BitwiseAnd", "does": "Combines an element by bitwise and", "operand": "the mask", "operator": "&"},
        {"name": "BitwiseOr", "does": "Combines an element by bitwise or", "operand": "the mask", "operator": "|"},
        {"name": "BitwiseXor", "does": "Combines an element by bitwise exclusive or", "operand": "the mask",
            "operator": "^"}])>
<#function updated update old value>
<#return (update.operator == "")?then(value, old + " " + update.operator + " " + value)>
</#function>
<#macro unsupported>
<#if lane>
     * @throws UnsupportedOperationException if the memory was {@link SharedBuffer#wrap wrapped} without the aligned 32-bit
     *     word around the element, or is a {@code byte[]}, {@code short[]} or {@code char[]}
</#if>
</#macro>
<#-- One access to an element: by its address where that is sound, else through the segment, which checks everything. For
     what is slower otherwise: reads after which the JVM loads all of what it checks anew, and compare-and-set. -->
<#macro access call operands="">
        if (isDirect(index)) {
            try {
                return ${call}(AddressSpace.ALL, address(index)${operands});
            } finally {
                Reference.reachabilityFence(this);
            }
        }
        return ${call}(segment, offset(index)${operands});
</#macro>
// Generated from src/main/templates. Change the template, then run:
// mvn test -Dtest=TypedViewSourcesTest -Dviews=write
package dev.handoff.memory;

<#if waits>
import dev.handoff.sync.IdleStrategy;
import dev.handoff.sync.WaitResult;
</#if>
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
<#if bits != 8>
import java.nio.ByteOrder;
</#if>
<#if waits>
import java.time.Duration;
</#if>
import java.util.Objects;
<#if waits>
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
</#if>
<#if lane>
import org.jspecify.annotations.Nullable;
</#if>

/**
 * A view of memory as ${noun}<#if bits != 8> in native byte order</#if>, with every access mode of {@link VarHandle}
<#if lane>
 * and the read-modify-write that the JDK does not have for elements of this size.
<#elseif floating>
 * that floating point has.
<#else>
 * for elements of this size.
</#if>
 *
 * <p>
 * The memory ordering of an access is in its name: {@code get} and {@code set} are volatile, as in
 * {@code AtomicIntegerArray} and as in ECMAScript's {@code Atomics}; {@code getAcquire} pairs with {@code setRelease};
 * opaque accesses are atomic and coherent for one element; plain ones are neither ordered nor, in a race, to be
 * relied on. Read-modify-write operations are volatile unless their name says otherwise, and return the old value.
<#if lane>
 * Reads and writes are wait-free. Read-modify-write compares and sets the aligned 32-bit word around the element: it is
 * lock-free, neighbours are never changed, but a neighbour that changes makes it try again. What is written is an
 * {@code int} of which the low ${bits} bits count, as with ECMAScript's typed arrays: {@code ${(bits == 8)?then("255", "65535")}} and {@code -1} are one
 * value, which {@link #getUnsigned} reads as the former.
<#elseif floating>
 * All accesses are wait-free, apart from {@code getAndAdd}, which is lock-free. Where elements are compared it is by their
 * raw bits: {@code -0.0} and {@code 0.0} differ, and a NaN equals one with the same bits and no other.
<#else>
 * All accesses are wait-free; waits block, and {@link #wake} is wait-free where nobody waits.
</#if>
 *
 * <p>
 * A view of a {@link SharedBuffer} may be used by any thread; made without a length of its own it follows the growth of
 * the buffer, so that {@link #length} and all bounds are those of the moment. One of an {@link OwnedBuffer} belongs to the
 * thread that owned the buffer when the view was made, and dies when the views of that buffer are revoked: every access
 * then throws {@link IllegalStateException} ({@link WrongThreadException} in another thread). One of a {@link FrozenBuffer}
 * may be used by any thread, to read; writes throw what the JDK's read-only segments throw. Every access throws
 * {@link IndexOutOfBoundsException} if the index is below 0 or not below {@link #length}.
 *
 * <p>
 * Bulk operations are plain. A loop that moves elements from one view to another one by one is not vectorised by the JVM,
 * and took 12 times as long as one over arrays; {@link #copyTo} does it at the speed of memory. Loops of plain accesses that
 * change elements in place are as fast as those over arrays.
<#if waits>
 *
 * <p>
 * Waiting follows ECMAScript's <a href="https://tc39.es/ecma262/#sec-atomics.wait">{@code Atomics.wait}</a>,
 * {@code Atomics.waitAsync} and {@code Atomics.notify}, under the names {@link #await}, {@link #awaitAsync} and
 * {@link #wake}, as the others belong to {@link Object}. {@link #awaitChange} is another kind of wait.
<#if bits == 64>
 * Memory that is {@link SharedBuffer#map mapped} has no 64-bit waits, as the system's futex has not.
</#if>
</#if>
 */
public final class ${name} extends View {
    private static final ValueLayout.Of${type?cap_first} LAYOUT = ValueLayout.JAVA_${type?upper_case};
    private static final VarHandle ELEMENT = LAYOUT.varHandle();
    private static final long ADDRESSES = AddressSpace.aligned(LAYOUT.byteSize());
<#if bits != 8>
    private static final VarHandle BIG_ENDIAN = LAYOUT.withOrder(ByteOrder.BIG_ENDIAN).varHandle();
</#if>
<#if lane>

    /** What the elements are {@link Lanes} of. Null where nobody else can see it: a plain read and a plain write will do. */
    private final @Nullable MemorySegment words;
    /** Where element 0 is in the words. */
    private final long first;
</#if>

    private ${name}(SharedBuffer buffer) {
        super(buffer, LAYOUT.byteSize());
<#if lane>
        words = Lanes.words(buffer);
        first = Lanes.first(buffer, 0);
</#if>
    }

    private ${name}(SharedBuffer buffer, long byteOffset, long length) {
        super(buffer, LAYOUT.byteSize(), byteOffset, length);
<#if lane>
        words = Lanes.words(buffer);
        first = Lanes.first(buffer, byteOffset);
</#if>
    }

    private ${name}(MemorySegment memory, String of, long byteOffset, long length) {
        super(memory, of, LAYOUT.byteSize(), byteOffset, length);
<#if lane>
        words = null;
        first = 0;
</#if>
    }

    /**
     * Views a whole shared buffer, and follows its growth<#if bits != 8>; bytes at its end that make no element are left out</#if>.
     *
     * @param buffer the memory
     * @return the view
<#if bits != 8>
     * @throws IllegalArgumentException if the memory is not aligned to ${bits / 8} bytes
</#if>
     */
    public static ${name} of(SharedBuffer buffer) {
        return new ${name}(buffer);
    }

    /**
     * Views a part of a shared buffer, whose growth does not change the view.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
<#if bits != 8>
     * @throws IllegalArgumentException if element 0 is not aligned to ${bits / 8} bytes
</#if>
     */
    public static ${name} of(SharedBuffer buffer, long byteOffset, long length) {
        return new ${name}(buffer, byteOffset, length);
    }
<#list buffers as buffer>
<#assign owned = buffer.type == "OwnedBuffer">

    /**
     * Views a whole ${buffer.whole}<#if bits != 8>; bytes at its end that make no element are left out</#if>.
     *
     * @param buffer the memory
     * @return the view<#if owned>, for the calling thread</#if>
<#if bits != 8>
     * @throws IllegalArgumentException if the memory is not aligned to ${bits / 8} bytes
</#if>
<#if owned>
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
</#if>
     */
    public static ${name} of(${buffer.type} buffer) {
        return of(buffer, 0, buffer.byteSize() / LAYOUT.byteSize());
    }

    /**
     * Views a part of ${owned?then("an owned buffer, claiming it if it is unclaimed", "a frozen buffer, whose elements can only be read")}.
     *
     * @param buffer the memory
     * @param byteOffset where element 0 begins
     * @param length how many elements
     * @return the view<#if owned>, for the calling thread</#if>
     * @throws IndexOutOfBoundsException if the part is not inside the buffer
<#if bits != 8>
     * @throws IllegalArgumentException if element 0 is not aligned to ${bits / 8} bytes
</#if>
<#if owned>
     * @throws WrongThreadException if another thread owns the buffer
     * @throws DetachedException if the handle is gone
</#if>
     */
    public static ${name} of(${buffer.type} buffer, long byteOffset, long length) {
        return new ${name}(buffer.segment(), "${buffer.noun}", byteOffset, length);
    }
</#list>

    /**
     * The number of elements; of a view that follows the growth of its buffer, at this moment.
     *
     * @return the length
     */
    @Override
    public long length() {
        return super.length();
    }

    private long offset(long index) {
        return check(index)<#if shift != 0> << ${shift}</#if>;
    }

    private long address(long index) {
        return address + <#if shift == 0>index<#else>(index << ${shift})</#if> & ADDRESSES;
    }
<#list strengths as s>

    /**
     * Reads an element, ${s.read}.
     *
     * @param index the element, from 0
     * @return its value
     */
    public ${type} get${s.get}(long index) {
<#if s.get == "Plain">
        return (${type}) ELEMENT.get(segment, offset(index));
<#else>
<@access "(" + type + ") ELEMENT.get" + (s.mode!s.get)/>
</#if>
    }

    /**
     * Writes an element, ${s.write}.
     *
     * @param index the element, from 0
     * @param value what to store${low}
     */
    public void set${s.set}(long index, ${operand} value) {
        ELEMENT.set${s.mode!s.set}(segment, offset(index), ${cast}value);
    }
</#list>
<#if unsigned != "">
<#list strengths as s>

    /**
     * Reads an element as an unsigned number, ${s.read}.
     *
     * @param index the element, from 0
     * @return its value, from 0 to 2<sup>${bits}</sup> - 1
     */
    public ${unsigned} getUnsigned${s.get}(long index) {
        return ${box}.toUnsigned${unsigned?cap_first}(get${s.get}(index));
    }
</#list>
</#if>
<#if bits == 8>
<#list strengths[0..1] as s>

    /**
     * Writes the nearest unsigned 8-bit number, ${s.write}: what ECMAScript's {@code Uint8ClampedArray} does.
     *
     * @param index the element, from 0
     * @param value what to store: below 0 as 0, above 255 as 255
     */
    public void setClamped${s.set}(long index, int value) {
        set${s.set}(index, Math.clamp(value, 0, 255));
    }

    /**
     * Writes the nearest unsigned 8-bit number, ${s.write}: what ECMAScript's {@code Uint8ClampedArray} does.
     *
     * @param index the element, from 0
     * @param value what to store: below 0 and NaN as 0, above 255 as 255, others rounded, halves to the even neighbour
     */
    public void setClamped${s.set}(long index, double value) {
        set${s.set}(index, (int) Math.rint(Math.clamp(value, 0, 255)));
    }
</#list>
<#else>

    /**
     * Reads an element in big-endian byte order, plain.
     *
     * @param index the element, from 0
     * @return its value
     */
    public ${type} getPlainBigEndian(long index) {
        return (${type}) BIG_ENDIAN.get(segment, offset(index));
    }

    /**
     * Writes an element in big-endian byte order, plain.
     *
     * @param index the element, from 0
     * @param value what to store${low}
     */
    public void setPlainBigEndian(long index, ${operand} value) {
        BIG_ENDIAN.set(segment, offset(index), ${cast}value);
    }
</#if>

    /**
     * Writes an element if it holds the expected value, volatile.
     *
     * @param index the element, from 0
     * @param expected the value it must hold${low}
     * @param value what to store then${low}
     * @return whether it was stored
<@unsupported/>
     */
    public boolean compareAndSet(long index, ${operand} expected, ${operand} value) {
<#if lane>
        return compareAndExchange(index, expected, value) == (${type}) expected;
<#else>
<@access "ELEMENT.compareAndSet" ", expected, value"/>
</#if>
    }
<#list [{"name": "Plain", "doc": "plain", "lane": "Release"}] + orders as o>

    /**
     * Writes an element if it holds the expected value, ${o.doc?keep_before(";")}; may fail for no reason.
     *
     * @param index the element, from 0
     * @param expected the value it must hold${low}
     * @param value what to store then${low}
     * @return whether it was stored; false also where nothing spoke against it
<@unsupported/>
     */
    public boolean weakCompareAndSet${o.name}(long index, ${operand} expected, ${operand} value) {
<#if lane>
        return compareAndExchange${o.lane!o.name}(index, expected, value) == (${type}) expected;
<#else>
<@access "ELEMENT.weakCompareAndSet" + o.name ", expected, value"/>
</#if>
    }
</#list>
<#list orders as o>

    /**
     * Writes an element if it holds the expected value, ${o.doc}.
     *
     * @param index the element, from 0
     * @param expected the value it must hold${low}
     * @param value what to store then${low}
     * @return what it held: {@code expected} if and only if the value was stored
<@unsupported/>
     */
    public ${type} compareAndExchange${o.name}(long index, ${operand} expected, ${operand} value) {
<#if lane>
        if (words == null) {
            ${type} old = getPlain(index);
            setPlain(index, old == (${type}) expected ? value : old);
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, ${bits});
        try {
            int word;
            do {
                word = Lanes.get${o.read}(words, at);
                ${type} old = (${type}) (word >>> shift);
                if (old != (${type}) expected) {
                    return old;
                }
            } while (!Lanes.weakCompareAndSet${o.name}(words, at, word,
                    Lanes.merged(word, value << shift, ${mask} << shift)));
            return (${type}) expected;
        } finally {
            Reference.reachabilityFence(this);
        }
<#else>
<@access "(" + type + ") ELEMENT.compareAndExchange" + o.name ", expected, value"/>
</#if>
    }
</#list>
<#list updates as update>
<#list orders as o>

    /**
     * ${update.does}, ${o.doc}.
     *
     * @param index the element, from 0
     * @param value ${update.operand}${low}
     * @return the value before
<@unsupported/>
     */
    public ${type} getAnd${update.name}${o.name}(long index, ${operand} value) {
<#if lane>
        if (words == null) {
            ${type} old = getPlain(index);
            setPlain(index, ${updated(update, "old", "value")});
            return old;
        }
        long at = Lanes.at(words, first, offset(index));
        int shift = Lanes.shift(at, ${bits});
        int operand = value << shift;
        try {
            int word;
            do {
                word = Lanes.getOpaque(words, at);
            } while (!Lanes.weakCompareAndSet${o.name}(words, at, word,
                    Lanes.merged(word, ${updated(update, "word", "operand")}, ${mask} << shift)));
            return (${type}) (word >>> shift);
        } finally {
            Reference.reachabilityFence(this);
        }
<#elseif floating && update.name == "Add">
        long offset = offset(index);
        ${type} old;
        do {
            old = (${type}) ELEMENT.getOpaque(segment, offset);
        } while (!ELEMENT.weakCompareAndSet${o.name}(segment, offset, old, ${updated(update, "old", "value")}));
        return old;
<#else>
        return (${type}) ELEMENT.getAnd${update.name}${o.name}(segment, offset(index), value);
</#if>
    }
</#list>
</#list>

    /**
     * Writes a value to all elements, plain.
     *
     * @param value what to store${low}
     */
    public void fill(${operand} value) {
        fill(0, length(), value);
    }

    /**
     * Writes a value to some elements, plain.
     *
     * @param index the first one, from 0
     * @param count how many
     * @param value what to store${low}
     * @throws IndexOutOfBoundsException if they are not all inside the view
     */
    public void fill(long index, long count, ${operand} value) {
<#if bits == 8>
        segment.asSlice(check(index, count), count).fill((byte) value);
<#else>
        MemorySegment part = segment.asSlice(check(index, count), count << ${shift});
        for (long i = 0; i < count; i++) {
            ELEMENT.set(part, i << ${shift}, ${cast}value);
        }
</#if>
    }

    /**
     * Copies elements to an array, plain.
     *
     * @param index the first one, from 0
     * @param target where to
     * @param from the index in the array that the first one goes to
     * @param count how many
     * @throws IndexOutOfBoundsException if they are not all inside the view and the array; nothing is copied then
     */
    public void copyTo(long index, ${type}[] target, int from, int count) {
        Objects.checkFromIndexSize(from, count, target.length);
        MemorySegment.copy(segment, LAYOUT, check(index, count), target, from, count);
    }

    /**
     * Copies elements from an array, plain.
     *
     * @param index the first element to be written, from 0
     * @param source where from
     * @param from the index in the array of what it gets
     * @param count how many
     * @throws IndexOutOfBoundsException if they are not all inside the view and the array; nothing is copied then
     */
    public void copyFrom(long index, ${type}[] source, int from, int count) {
        Objects.checkFromIndexSize(from, count, source.length);
        MemorySegment.copy(source, from, segment, LAYOUT, check(index, count), count);
    }

    /**
     * Copies elements to another view, plain, at the speed of memory; the way to do it, as a loop is not vectorised. The
     * two may overlap: what is copied is what was there before.
     *
     * @param index the first one, from 0
     * @param target where to
     * @param targetIndex the element there that the first one goes to
     * @param count how many
     * @throws IndexOutOfBoundsException if they are not all inside both views; nothing is copied then
     */
    public void copyTo(long index, ${name} target, long targetIndex, long count) {
        copy(index, target, targetIndex, count);
    }
<#if waits>
<#macro waiting>
     * @throws InterruptedException if the thread is interrupted on entry or before the wait is over
     * @throws UnsupportedOperationException if the memory is not shared, as nobody else could change it<#if bits == 64>, or is
     *     mapped, as there are no 64-bit waits between processes</#if>
</#macro>
<#macro timed unit><#if unit == "Duration">
     * @param timeout how long at most; zero or less does not wait
<#elseif unit == "long">
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
</#if></#macro>
<#assign waits_ = [
    {"time": "", "idle": false}, {"time": "Duration", "idle": false}, {"time": "long", "idle": false},
    {"time": "", "idle": true}, {"time": "Duration", "idle": true}, {"time": "long", "idle": true}]>
<#list waits_ as w>

    /**
     * Waits until another thread {@link #wake wakes} this element${(w.time != "")?then(" or the time is up", ", for as long as it takes")}.
     * The value is compared once, on entry; a wake ends the wait, not a change of the value. Waiters are woken in the order
     * of their arrival, through any view of the same memory. On mapped memory there is no such order, and a wake takes effect
     * only where the value has been changed before.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this on entry
<@timed w.time/>
<#if w.idle>
     * @param idle what the thread does before it parks
</#if>
     * @return <#if w.time == "">{@link WaitResult#WOKEN} or {@link WaitResult#NOT_EQUAL}<#else>how the wait ended; {@code NOT_EQUAL} comes before {@code TIMED_OUT}</#if>
<@waiting/>
     */
    public WaitResult await(long index, ${type} expected<#if w.time == "Duration">, Duration timeout<#elseif w.time == "long">, long timeoutNanos</#if><#if w.idle>, IdleStrategy idle</#if>)
            throws InterruptedException {
<#if w.time == "">
        return await(index, expected, Long.MAX_VALUE<#if w.idle>, idle</#if>);
<#elseif w.time == "Duration">
        return await(index, expected, TimeUnit.NANOSECONDS.convert(timeout)<#if w.idle>, idle</#if>); // saturates
<#else>
        SharedBuffer buffer = shared("await");
        long offset = offset(index);
        BooleanSupplier holds = holds(offset, expected);
        return Waits.await(buffer, segment, offset, ${bits}, expected, holds, timeoutNanos<#if w.idle>, idle</#if>);
</#if>
    }
</#list>

    /**
     * Waits as {@link #await(long, ${type}, long)} does, but without a thread.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this now
     * @return a future that is completed when the wait is over, never on the thread that wakes; one that somebody else
     *     completes or cancels no longer waits, and takes no wake from others
     * @throws UnsupportedOperationException if the memory is not shared<#if bits == 64>, or is mapped</#if>
     */
    public CompletableFuture<WaitResult> awaitAsync(long index, ${type} expected) {
        return awaitAsync(index, expected, Long.MAX_VALUE);
    }

    /**
     * Waits as {@link #await(long, ${type}, Duration)} does, but without a thread.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this now
     * @param timeout how long at most; zero or less does not wait
     * @return a future that is completed when the wait is over, never on the thread that wakes; one that somebody else
     *     completes or cancels no longer waits, and takes no wake from others
     * @throws UnsupportedOperationException if the memory is not shared<#if bits == 64>, or is mapped</#if>
     */
    public CompletableFuture<WaitResult> awaitAsync(long index, ${type} expected, Duration timeout) {
        return awaitAsync(index, expected, TimeUnit.NANOSECONDS.convert(timeout)); // saturates
    }

    /**
     * Waits as {@link #await(long, ${type}, long)} does, but without a thread.
     *
     * @param index the element, from 0
     * @param expected there is no wait unless the element holds this now
     * @param timeoutNanos how long at most; zero or less does not wait, {@link Long#MAX_VALUE} waits for ever
     * @return a future that is completed when the wait is over, never on the thread that wakes; one that somebody else
     *     completes or cancels no longer waits, and takes no wake from others
     * @throws UnsupportedOperationException if the memory is not shared<#if bits == 64>, or is mapped</#if>
     */
    public CompletableFuture<WaitResult> awaitAsync(long index, ${type} expected, long timeoutNanos) {
        SharedBuffer buffer = shared("awaitAsync");
        long offset = offset(index);
        return Waits.awaitAsync(buffer, segment, offset, ${bits}, expected, holds(offset, expected), timeoutNanos);
    }
<#list waits_ as w>

    /**
     * Waits until the element holds something else${(w.time != "")?then(" or the time is up", ", for as long as it takes")}: the fastest way to
     * hand a baton. The thread looks at the element itself, again and again, <#if w.idle>as the strategy likes; then it
     * parks,<#else>for some microseconds, then for as
     * long as has lately been worth it; then it parks,</#if> where a {@link #wake} ends its wait at once, and a mere change
     * within a millisecond or so. A value that comes and goes in between may be missed.
     *
     * @param index the element, from 0
     * @param old the value to be gone
<@timed w.time/>
<#if w.idle>
     * @param idle what the thread does before it parks
</#if>
     * @return what the element holds now, read with acquire<#if w.time != "">; {@code old} if and only if the time was up</#if>
<@waiting/>
     */
    public ${type} awaitChange(long index, ${type} old<#if w.time == "Duration">, Duration timeout<#elseif w.time == "long">, long timeoutNanos</#if><#if w.idle>, IdleStrategy idle</#if>)
            throws InterruptedException {
<#if w.time == "">
        return awaitChange(index, old, Long.MAX_VALUE<#if w.idle>, idle</#if>);
<#elseif w.time == "Duration">
        return awaitChange(index, old, TimeUnit.NANOSECONDS.convert(timeout)<#if w.idle>, idle</#if>); // saturates
<#elseif w.idle>
        SharedBuffer buffer = shared("awaitChange");
        Change change = new Change(offset(index), old);
        Waits.awaitChange(buffer, segment, change.offset, ${bits}, old, change, timeoutNanos, idle);
        return change.now;
<#else>
        shared("awaitChange");
        Waits.throwIfInterrupted();
        long offset = offset(index);
        for (int i = 0; i < Waits.SPINS; i++) {
            ${type} now = (${type}) ELEMENT.getAcquire(segment, offset); // pairs with setRelease and stronger writes
            if (now != old) {
                return now;
            }
            Thread.onSpinWait();
        }
        return awaitChange(index, old, timeoutNanos, Waits.CHANGES);
</#if>
    }
</#list>

    /**
     * Wakes the threads and futures that have waited longest on this element. What the caller did before happens-before
     * the end of their waits.
     *
     * @param index the element, from 0
     * @param count how many to wake at most; zero or less wakes nobody
     * @return how many were woken; 0 where the memory is not shared
<#if bits == 64>
     * @throws UnsupportedOperationException if the memory is mapped
</#if>
     */
    public int wake(long index, int count) {
        long offset = offset(index);
        return shared == null ? 0 : Waits.wake(shared, segment, offset, ${bits}, count);
    }

    /** Compares with volatile semantics: after the waiter has announced itself, as the parking lot asks for. */
    private BooleanSupplier holds(long offset, ${type} expected) {
        return () -> (${type}) ELEMENT.getVolatile(segment, offset) == expected;
    }

    /** Looks whether an element has changed, and keeps what it saw. */
    private final class Change implements BooleanSupplier {
        final long offset;
        private final ${type} old;
        ${type} now;

        Change(long offset, ${type} old) {
            this.offset = offset;
            this.old = old;
            now = old;
        }

        @Override
        public boolean getAsBoolean() {
            now = (${type}) ELEMENT.getVolatile(segment, offset); // volatile for the same reason as in holds
            return now != old;
        }
    }
</#if>
}
