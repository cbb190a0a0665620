/**
 * The native kernels of Handoff: optional, and never needed for a right result. Each function here has a
 * twin in Java that gives the same result; this library only gives it sooner, or at a lower price.
 *
 * What holds for every function:
 *
 * - Thread-safety: any number of threads may call at any time, on any data of their own. The library keeps
 *   no state but the choice of instruction set, which is made once while it is loaded. Two calls at the same
 *   time must not write to bytes that the other one reads or writes, but for the words of futexes.
 * - Time: no call allocates, locks, blocks, makes a system call, sets errno or calls back, apart from those
 *   to the operating system at the end of this header. The run time depends on the length alone. All the
 *   others are async-signal-safe, and may be made as critical downcalls.
 * - Bounds: the functions check nothing; the caller answers for the lengths. No byte outside of the ranges
 *   that are stated is read or written, not even to be thrown away or put back.
 * - ABI: a change of any name, signature, struct or constant here that is not a mere addition raises
 *   HANDOFF_ABI_VERSION. Compare it with handoff_abi_version() before anything else.
 */
#ifndef HANDOFF_H
#define HANDOFF_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#    define HANDOFF_API __attribute__((visibility("default")))
#else
#    define HANDOFF_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The version of this header. */
#define HANDOFF_ABI_VERSION 1

/** SSE2, which every x86-64 processor has. */
#define HANDOFF_CPU_SSE2 1
/** AVX2. */
#define HANDOFF_CPU_AVX2 2
/** AVX-512 F, BW and VL, all three. */
#define HANDOFF_CPU_AVX512 4
/** AVX-512 VNNI. */
#define HANDOFF_CPU_AVX512_VNNI 8

/** Plain C: the only variant off x86-64, and the fallback there. */
#define HANDOFF_VARIANT_PORTABLE 0
/** Needs HANDOFF_CPU_AVX2. */
#define HANDOFF_VARIANT_AVX2 1
/** Needs HANDOFF_CPU_AVX512 and HANDOFF_CPU_AVX512_VNNI. */
#define HANDOFF_VARIANT_AVX512 2

/** Woken; or, which cannot be told apart, woken for no reason. */
#define HANDOFF_FUTEX_WOKEN 0
/** There was no wait, as the word did not hold what was expected. */
#define HANDOFF_FUTEX_VALUE_DIFFERS 1
/** The time was up. */
#define HANDOFF_FUTEX_TIMED_OUT 2
/** A signal ended the wait. */
#define HANDOFF_FUTEX_INTERRUPTED 3

/** What the library found and chose when it was loaded. 16 bytes, alignment 4, no padding. */
typedef struct handoff_cpu_info {
    /** HANDOFF_ABI_VERSION of the loaded library. */
    uint32_t abi_version;
    /** The HANDOFF_CPU_* bits that processor and operating system both support; 0 off x86-64. */
    uint32_t features;
    /** The HANDOFF_VARIANT_* in use. */
    uint32_t variant;
    /** The width of that variant's vectors in bytes: 64, 32, or 0 for HANDOFF_VARIANT_PORTABLE. */
    uint32_t vector_bytes;
} handoff_cpu_info;

/** Returns HANDOFF_ABI_VERSION as it was when the loaded library was built. */
HANDOFF_API uint32_t handoff_abi_version(void);

/**
 * Writes what was found and chosen at load; the same values for as long as the library stays loaded.
 *
 * @param out sizeof(handoff_cpu_info) writable bytes, aligned to 4
 */
HANDOFF_API void handoff_cpu_info_read(handoff_cpu_info *out);

/**
 * Reports the layout of every public struct as the loaded library was compiled, so that bindings can compare
 * it with theirs. For each struct, in the order of this header: sizeof, alignof, then offsetof of each field
 * in the order of its declaration. In this version these are the six values of handoff_cpu_info: sizeof,
 * alignof, and the offsets of abi_version, features, variant, vector_bytes.
 *
 * @param out capacity writable values, aligned to 4; may be NULL if capacity is 0
 * @param capacity how many values out can take; no more are written
 * @return how many values there are, whatever the capacity
 */
HANDOFF_API size_t handoff_layout(uint32_t *out, size_t capacity);

/**
 * Turns colours to grey. A pixel is four bytes in the order R, G, B, A. R, G and B of each pixel become
 * Y = floor((299 R + 587 G + 114 B + 500) / 1000), which is 0.299 R + 0.587 G + 0.114 B rounded to the
 * nearest integer with ties up, exactly, for each of the 2^24 colours; A is kept.
 *
 * @param dst 4 * pixels writable bytes of any alignment; a multiple of 4 is fastest
 * @param src 4 * pixels readable bytes of any alignment: dst itself (in place), or a range that does not
 *            overlap it
 * @param pixels how many; at 0 neither pointer is used, and each may be NULL
 */
HANDOFF_API void handoff_grayscale_rgba(uint8_t *dst, const uint8_t *src, size_t pixels);

/**
 * Inverts colours. A pixel is four bytes in the order R, G, B, A. R, G and B of each pixel become 255 minus
 * themselves; A is kept.
 *
 * @param dst 4 * pixels writable bytes of any alignment; a multiple of 4 is fastest
 * @param src 4 * pixels readable bytes of any alignment: dst itself (in place), or a range that does not
 *            overlap it
 * @param pixels how many; at 0 neither pointer is used, and each may be NULL
 */
HANDOFF_API void handoff_invert_rgba(uint8_t *dst, const uint8_t *src, size_t pixels);

/**
 * Sleeps on a word until it is woken, if the word holds what the caller expects; the kernel compares and
 * falls asleep in one step. Blocks, makes a system call, may set errno: no critical downcall. The word may be
 * in memory that several processes have mapped (a shared futex).
 *
 * @param word aligned to 4, and readable for as long as the call takes
 * @param expected the value for which it is worth sleeping
 * @param timeout_nanos how long at most, by the monotonic clock; below 0 for ever
 * @return one of HANDOFF_FUTEX_*; WOKEN also on an error that the kernel does not document, so that the
 *         caller, who has to look at the word again in any case, goes on doing so
 */
HANDOFF_API int32_t handoff_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_nanos);

/**
 * Wakes threads, of this process or another one, that sleep on a word. Makes a system call, may set errno.
 *
 * @param word aligned to 4
 * @param count how many at most; at or below 0 none
 * @return how many were woken
 */
HANDOFF_API int32_t handoff_futex_wake(const uint32_t *word, int32_t count);

/**
 * Gets fresh pages from the operating system, all zero and not yet backed by memory: each comes into being
 * when it is first touched. From 2 MiB on they begin on a boundary of 2 MiB, and huge pages are asked for.
 * Makes system calls, may set errno.
 *
 * @param bytes how many, 1 or more
 * @return the first byte, or NULL where the operating system refuses
 */
HANDOFF_API void *handoff_pages_map(size_t bytes);

/**
 * Gives pages back. Makes a system call, may set errno.
 *
 * @param address what handoff_pages_map returned
 * @param bytes what it was called with
 */
HANDOFF_API void handoff_pages_unmap(void *address, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
