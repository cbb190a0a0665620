/** Small programs that show one thing each. Every class but {@link Guide}, which runs them all, stands for itself. */
package dev.handoff.examples.guide;
