/**
 * What threads coordinate with, living entirely in a {@link dev.handoff.memory.SharedBuffer}: a mutex, a semaphore, a
 * latch, a barrier and two rings of byte messages. In memory mapped by several processes they work between these.
 *
 * <p>
 * Each lies at a byte offset of a buffer, is made there by {@code create} and found there by {@code attach}; two objects
 * over the same bytes are the same thing. {@code create} wants memory whose first 8 bytes are zero, as fresh memory is:
 * of several that create at the same time one succeeds, and the others fail as they would a moment later. Until it has
 * succeeded, {@code attach} fails. A creator that dies before leaves a mark in these 8 bytes, which {@code create} and
 * {@code attach} report, as they cannot tell death from delay: whoever knows that it is dead zeroes them and creates anew.
 * Memory to be used again is zeroed in the same way, when nobody uses it any more. The layouts are in native byte order,
 * and hot words lie 128 bytes apart.
 */
@NullMarked
package dev.handoff.concurrent;

import org.jspecify.annotations.NullMarked;
