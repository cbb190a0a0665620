package dev.handoff.channel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The words of a {@link Mailbox} that change with each element, those of adders and those of takers on cache lines of their
 * own (two, as they are fetched in pairs). The JVM lays out what a superclass has before what its subclasses have: hence a
 * class for each distance. In an array, which would need no such classes, each look at a word costs two more loads: what
 * {@code post} and {@code poll} took together fell from 18 ns to 13 when the words came here, and their owner became one
 * object with the {@link Inbox}.
 */
@SuppressWarnings({"MultiVariableDeclaration", "unused"}) // distances
final class MailboxWords {
    static final VarHandle TAIL;
    static final VarHandle HEAD;
    static final VarHandle TURN;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TAIL = lookup.findVarHandle(OfAdders.class, "tail", long.class);
            HEAD = lookup.findVarHandle(OfTakers.class, "head", long.class);
            TURN = lookup.findVarHandle(OfTakers.class, "turn", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private MailboxWords() {
    }

    abstract static class Before {
        long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14;
    }

    abstract static class OfAdders extends Before {
        long tail;
    }

    abstract static class Between extends OfAdders {
        long b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14;
    }

    abstract static class OfTakers extends Between {
        long head;
        long turn;
    }

    abstract static class All extends OfTakers {
        long c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14;
    }
}
