package dev.handoff.examples.guide;

import dev.handoff.worker.Worker;
import dev.handoff.worker.WorkerOptions;
import dev.handoff.worker.WorkerScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.FileHandler;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Each worker adds up numbers and writes a log file of its own: a timestamp, a level and a text in each line. */
final class WorkerLogs {
    record Job(Path log, List<String> numbers) {
    }

    static void main() throws Exception {
        Path folder = Files.createDirectories(Path.of(System.getProperty("guide.output", "target/guide")));
        IO.println("sums: " + run(folder));
        for (String name : List.of("north", "south")) {
            IO.println(name + ".log:");
            Files.readAllLines(folder.resolve(name + ".log")).forEach(IO::println);
        }
    }

    static List<Integer> run(Path folder) throws InterruptedException {
        Worker<Void, Integer> north = start(folder, "north", List.of("12", "30"));
        Worker<Void, Integer> south = start(folder, "south", List.of("7", "many", "8"));
        List<Integer> sums = List.of(north.receive(), south.receive());
        north.join(); // the files are complete when the workers have ended
        south.join();
        return sums;
    }

    private static Worker<Void, Integer> start(Path folder, String name, List<String> numbers) {
        Job job = new Job(folder.resolve(name + ".log"), numbers);
        return Worker.start(WorkerLogs::work, WorkerOptions.defaults().name(name).workerData(job));
    }

    /** Runs on each worker. */
    private static void work(WorkerScope<Void, Integer, Job> scope) throws IOException {
        FileHandler file = new FileHandler(scope.workerData().log().toString());
        file.setFormatter(new Line());
        Logger log = Logger.getAnonymousLogger();
        log.setUseParentHandlers(false);
        log.addHandler(file);
        try {
            log.info("started");
            int sum = 0;
            for (String number : scope.workerData().numbers()) {
                try {
                    sum += Integer.parseInt(number);
                } catch (NumberFormatException e) {
                    log.warning("not a number: " + number);
                }
            }
            log.info("the sum is " + sum);
            scope.post(sum);
        } finally {
            file.close();
        }
    }

    private static final class Line extends Formatter {
        @Override
        public String format(LogRecord entry) {
            return "%s %-7s %s%n".formatted(entry.getInstant(), entry.getLevel(), entry.getMessage());
        }
    }
}
