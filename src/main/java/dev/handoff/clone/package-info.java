/**
 * Structured clone: deep copies of messages that keep identity and cycles, and refuse what they can't copy faithfully.
 */
@NullMarked
package dev.handoff.clone;

import org.jspecify.annotations.NullMarked;
