/**
 * Pools of workers: tasks are cloned or moved to them as messages are, and their results come back as futures.
 */
@NullMarked
package dev.handoff.pool;

import org.jspecify.annotations.NullMarked;
