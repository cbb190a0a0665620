/**
 * Workers: threads with an event loop and a port to their parent; and what workers meet on without a common object:
 * {@linkplain dev.handoff.worker.Locks locks} by name, {@linkplain dev.handoff.worker.EnvironmentData values} that they
 * inherit, {@linkplain dev.handoff.worker.Messages messages} by number.
 */
@NullMarked
package dev.handoff.worker;

import org.jspecify.annotations.NullMarked;
