/**
 * What must never be seen, however threads interleave and compilers reorder: each claim that the library makes about
 * memory ordering and atomicity, as a jcstress test whose outcomes say it in words.
 *
 * <p>
 * Each test has two actors, so that two processors run all of them. Where a test covers several methods that make the
 * same claim, a state picks one of them, and the result begins with its name.
 */
package dev.handoff.stress;
