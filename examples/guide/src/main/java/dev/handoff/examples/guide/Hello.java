package dev.handoff.examples.guide;

import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import dev.handoff.worker.WorkerScope;
import java.util.function.Consumer;

/** A thread with a port: parent and worker greet each other, and the worker ends. */
final class Hello {
    static void main() {
        hello(IO::println);
    }

    static void hello(Consumer<String> out) {
        Worker<String, String> worker = Worker.start(Hello::work, WorkerOptions.defaults().name("Ada"));
        worker.onMessage(greeting -> out.accept("the parent got: " + greeting));
        worker.onExit(code -> out.accept("Ada ended with exit code " + code)); // after all messages, always
        worker.post("Hello from the parent!");
        worker.exited().join();
    }

    /** Runs on the worker's thread. It ends when nothing can come any more: no body, no handler, no timer. */
    private static void work(WorkerScope<String, String, Void> scope) {
        scope.onMessage(greeting -> {
            scope.post("Hello from " + scope.name() + "! You said: " + greeting);
            scope.close(); // this handler was what kept the worker alive
        });
    }
}
