/**
 * Waiting for a word of memory to be woken, and how a thread idles until then: what the typed views are built on.
 */
@NullMarked
package dev.handoff.sync;

import org.jspecify.annotations.NullMarked;
