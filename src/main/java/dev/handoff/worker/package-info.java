/**
 * Workers: threads with an event loop and a port to their parent.
 */
@NullMarked
package dev.handoff.worker;

import org.jspecify.annotations.NullMarked;
