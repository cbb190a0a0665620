/**
 * The benchmarks (as {@link dev.handoff.benchmarks.RoundTrip}, {@link dev.handoff.benchmarks.Clone},
 * {@link dev.handoff.benchmarks.Pixels}), their launcher ({@link dev.handoff.benchmarks.Main}), and what turns their
 * results into the tables of {@code docs/performance.md} ({@link dev.handoff.benchmarks.Tables}).
 */
package dev.handoff.benchmarks;
