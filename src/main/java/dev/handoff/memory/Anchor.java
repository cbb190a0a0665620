package dev.handoff.memory;

/**
 * What a {@link Block} and every view of its bytes reach, and what reaches neither: once it is unreachable, nobody can
 * get at the bytes any more. It does nothing, as the clean-up action of a scope, which is how some views reach it.
 */
final class Anchor implements Runnable {
    @Override
    public void run() {
    }
}
