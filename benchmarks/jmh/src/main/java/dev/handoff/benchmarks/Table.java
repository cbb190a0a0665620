package dev.handoff.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** A table in Markdown: the first column is text, the others are figures. */
final class Table {
    private final List<String> lines = new ArrayList<>();

    Table(String... titles) {
        row(titles);
        lines.add("|---" + "|--:".repeat(titles.length - 1) + "|");
    }

    void row(String... cells) {
        lines.add("| " + String.join(" | ", cells) + " |");
    }

    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
