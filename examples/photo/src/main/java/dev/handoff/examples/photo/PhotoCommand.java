package dev.handoff.examples.photo;

import dev.handoff.Handoff;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The program: has a photograph processed in each way, checks and writes the results, and prints what it cost. */
@Command(name = "photo", mixinStandardHelpOptions = true, versionProvider = PhotoCommand.Version.class, sortOptions = false, description = "Processes a photograph by worker threads in three ways (clone, transfer, shared), checks each"
        + " result against a single-threaded reference, writes it as PNG, and prints what each way costs.", exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
                "0:all went well", "1:it failed: an image that can't be read, a wrong result", "2:wrong usage"})
final class PhotoCommand implements Callable<Integer> {
    private static final int MIN_WIDTH = 1920;
    private static final int MIN_HEIGHT = 1080;

    @Parameters(paramLabel = "IMAGE", defaultValue = "${sys:photo.image}", description = "The photograph, in any format that Java reads; scaled up, its shape kept, to at least "
            + MIN_WIDTH + "x" + MIN_HEIGHT + " pixels. Default: ${DEFAULT-VALUE}") private Path image;

    @Option(names = {"-w",
            "--workers"}, paramLabel = "N", description = "How many workers share the work. Default: one for each core, at least 2: ${DEFAULT-VALUE}") private int workers = Math
                    .max(2, Runtime.getRuntime().availableProcessors());

    @Option(names = "--operation", paramLabel = "OPERATION", defaultValue = "grayscale", description = "What is done: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}") private Operation operation;

    @Option(names = {"-n",
            "--repetitions"}, paramLabel = "N", defaultValue = "200", description = "How often each way is measured. Default: ${DEFAULT-VALUE}") private int repetitions;

    @Option(names = "--warm-up", paramLabel = "N", defaultValue = "300", description = "How often each way runs before that, for the JVM to compile it. Default: ${DEFAULT-VALUE}") private int warmUp;

    @Option(names = {"-o",
            "--output"}, paramLabel = "DIRECTORY", defaultValue = "${sys:photo.output:-target/photo}", description = "Where the results go. Default: ${DEFAULT-VALUE}") private Path output;

    @Spec private CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true"); // no display is needed, so a broken one must not matter
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new PhotoCommand()).setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, _) -> {
                    CommandLine command = e.getCommandLine();
                    command.getErr().println("photo: " + e.getMessage() + "; --help tells more");
                    return command.getCommandSpec().exitCodeOnInvalidInput();
                })
                .setExecutionExceptionHandler((e, command, _) -> {
                    if (!(e instanceof Failure)) {
                        throw e; // a defect: the stack trace is what is wanted
                    }
                    command.getErr().println("photo: " + e.getMessage());
                    return command.getCommandSpec().exitCodeOnExecutionException();
                });
    }

    @Override
    public Integer call() throws Failure, InterruptedException {
        require(workers >= 1, "--workers must be at least 1, not " + workers);
        require(repetitions >= 1, "--repetitions must be at least 1, not " + repetitions);
        require(warmUp >= 0, "--warm-up must not be negative: " + warmUp);
        try {
            Picture picture = Picture.read(image, MIN_WIDTH, MIN_HEIGHT);
            require(workers <= picture.height(), "--workers must be at most the " + picture.height()
                    + " rows of the picture, not " + workers);
            compare(picture);
            return 0;
        } catch (OutOfMemoryError e) {
            throw new Failure(image + " needs more memory than this JVM has: " + e.getMessage());
        } catch (IllegalCallerException e) {
            throw new Failure(e.getMessage()); // this JVM denies native access; it names the flag that grants it
        }
    }

    private void compare(Picture picture) throws Failure, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%s: %dx%d pixels, %s by %d workers%n", image, picture.width(), picture.height(), operation,
                workers);
        try (var singleThreaded = new SingleThreaded(picture, operation);
                var clone = new CloneWay(picture, operation, workers);
                var transfer = new TransferWay(picture, operation, workers);
                var shared = new SharedWay(picture, operation, workers)) {
            var measurements = new Comparison(picture, operation, out)
                    .run(List.of(singleThreaded, clone, transfer, shared), warmUp, repetitions);
            for (Way way : List.of(clone, transfer, shared)) {
                write(picture, way);
            }
            out.println();
            out.println(Measurement.table(measurements));
            out.println();
            out.printf("times: p50 of %d repetitions%n", repetitions);
            out.println(Measurement.LEGEND);
            out.println(Handoff.capabilities());
            out.println();
            out.println("Every result was equal to the reference, byte for byte. They are in "
                    + output.toAbsolutePath().normalize().resolve("{clone,transfer,shared}.png"));
        }
    }

    private void write(Picture picture, Way way) throws Failure {
        Path file = output.resolve(way.title() + ".png");
        try {
            Files.createDirectories(output);
            new Picture(picture.width(), picture.height(), way.pixels().toArray(ValueLayout.JAVA_BYTE)).writePng(file);
        } catch (IOException e) {
            throw new Failure(file + " can't be written: " + e);
        }
    }

    private void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), otherwise);
        }
    }

    /** The version of the library is that of its examples. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[]{"Handoff " + Handoff.version()};
        }
    }
}
