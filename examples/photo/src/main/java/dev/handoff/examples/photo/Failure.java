package dev.handoff.examples.photo;

/** The program can't do what it was asked to; the message says why in one line, so the user needs no stack trace. */
final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    Failure(String message) {
        super(message);
    }
}
