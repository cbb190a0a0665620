/**
 * Hot loops over memory: C where the native kernel is there, the same result in pure Java where it is not; and the
 * loading of that kernel.
 */
@NullMarked
package dev.handoff.kernel;

import org.jspecify.annotations.NullMarked;
