/**
 * Two-way channels between threads: {@link dev.handoff.channel.MessageChannel}, its
 * {@link dev.handoff.channel.MessagePort ports}, and the event loop that their handlers run on; and
 * {@linkplain dev.handoff.channel.BroadcastChannel channels} from one to all.
 */
@NullMarked
package dev.handoff.channel;

import org.jspecify.annotations.NullMarked;
