/**
 * Memory that has an owner, and memory that is shared: {@link dev.handoff.memory.OwnedBuffer},
 * {@link dev.handoff.memory.SharedBuffer} and the typed views over both.
 */
@NullMarked
package dev.handoff.memory;

import org.jspecify.annotations.NullMarked;
