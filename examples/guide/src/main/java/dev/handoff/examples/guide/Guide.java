package dev.handoff.examples.guide;

import java.util.List;

/** Runs the programs, one after another: all of them, or those that are named. */
final class Guide {
    private record Program(String name, Main main) {
    }

    private interface Main {
        void run() throws Exception;
    }

    private static final List<Program> PROGRAMS = List.of(
            new Program("Hello", Hello::main),
            new Program("RunWorker", RunWorker::main),
            new Program("CloneWithTransfer", CloneWithTransfer::main),
            new Program("SharedCounters", SharedCounters::main),
            new Program("WaitAndNotify", WaitAndNotify::main),
            new Program("WorkerLogs", WorkerLogs::main),
            new Program("RetryOnTimeout", RetryOnTimeout::main),
            new Program("FiveTasks", FiveTasks::main),
            new Program("CostOfSending", CostOfSending::main),
            new Program("CloneOrJson", CloneOrJson::main),
            new Program("FixedPool", FixedPool::main),
            new Program("MathTasks", MathTasks::main),
            new Program("Primes", Primes::main),
            new Program("PhotoInParts", PhotoInParts::main),
            new Program("LogAnalysis", LogAnalysis::main));

    static void main(String... names) throws Exception {
        List<String> all = PROGRAMS.stream().map(Program::name).toList();
        List<String> wanted = names.length == 0 ? all : List.of(names);
        if (!all.containsAll(wanted)) {
            throw new IllegalArgumentException(wanted + " should be names out of " + all);
        }
        for (Program program : PROGRAMS) {
            if (wanted.contains(program.name())) {
                IO.println("== " + program.name());
                program.main().run();
            }
        }
    }
}
