/**
 * A photograph through worker threads in three ways: cloned, transferred, shared. Read {@link CloneWay},
 * {@link TransferWay} and {@link SharedWay}, in this order; the rest only reads, checks, measures and writes.
 */
package dev.handoff.examples.photo;
