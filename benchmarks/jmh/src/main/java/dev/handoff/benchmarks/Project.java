package dev.handoff.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The checked-out project.
 *
 * @param root its top-level directory
 */
record Project(Path root) {
    /** The one that the build says it is in. */
    static Project current() {
        return new Project(Path.of(System.getProperty("project.root", ".")).toAbsolutePath().normalize());
    }

    Path results() {
        return root.resolve("benchmarks/results");
    }

    Path page() {
        return root.resolve("docs/performance.md");
    }

    /** The commit that was measured; "-dirty" where what was measured differs from it. */
    String commit() throws IOException, InterruptedException {
        String commit = git("rev-parse", "HEAD");
        // Results and the page with their tables are written by measuring, which does not change what is
        // measured.
        String changes = git("status", "--porcelain", "--", ".", ":!benchmarks/results", ":!docs");
        return commit + (changes.isEmpty() ? "" : "-dirty");
    }

    private String git(String... args) throws IOException, InterruptedException {
        String[] command = new String[args.length + 1];
        command[0] = "git";
        System.arraycopy(args, 0, command, 1, args.length);
        Process git = new ProcessBuilder(command).directory(root.toFile()).redirectError(
                ProcessBuilder.Redirect.INHERIT).start();
        String out = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (git.waitFor() != 0) {
            throw new IOException("git " + String.join(" ", args) + " failed");
        }
        return out;
    }
}
