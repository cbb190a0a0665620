/**
 * Waiting for a word of memory to be woken: the parking lot that the typed views are built on.
 */
@NullMarked
package dev.handoff.sync;

import org.jspecify.annotations.NullMarked;
