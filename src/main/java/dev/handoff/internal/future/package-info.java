/** Futures as the packages above hand them out. */
@NullMarked
package dev.handoff.internal.future;

import org.jspecify.annotations.NullMarked;
