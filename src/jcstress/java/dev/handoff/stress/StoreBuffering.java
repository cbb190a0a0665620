package dev.handoff.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Outcome;

/** The outcomes of two threads that each write a word of their own and then read the other's: the way, what each read. */
@Outcome(id = {".*, 0, 1", ".*, 1, 0"}, expect = ACCEPTABLE, desc = "One came first.")
@Outcome(id = ".*, 1, 1", expect = ACCEPTABLE, desc = "Both wrote before either read.")
@Outcome(id = ".*, 0, 0", expect = FORBIDDEN, desc = "Both read before either wrote: no total order.")
final class StoreBuffering {
    private StoreBuffering() {
    }
}
