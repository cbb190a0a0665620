package dev.handoff.examples.photo;

/**
 * When a thread was at work, by {@link System#nanoTime}, which all threads of a JVM share.
 *
 * @param began when it had what it needs
 * @param ended when its part of the photograph was processed
 */
record Shift(long began, long ended) {
}
