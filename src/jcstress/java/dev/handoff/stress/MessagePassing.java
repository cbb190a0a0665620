package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Outcome;

/** The outcomes of "write data, then a flag" against "read the flag, then data": the way, the flag, the data. */
@Outcome(id = ".*, 0, [01]", expect = ACCEPTABLE, desc = "The flag was read too early.")
@Outcome(id = ".*, 1, 1", expect = ACCEPTABLE, desc = "The flag, and the data behind it.")
@Outcome(id = ".*, 1, 0", expect = FORBIDDEN, desc = "The flag was seen, but not what was written before it.")
final class MessagePassing {
    private MessagePassing() {
    }
}
