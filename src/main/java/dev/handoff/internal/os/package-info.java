/**
 * What the operating system has and the JDK does not pass on: a futex that several processes share, and pages. Taken
 * from the native kernel where that is loaded; each class says what it does elsewhere.
 */
@NullMarked
package dev.handoff.internal.os;

import org.jspecify.annotations.NullMarked;
