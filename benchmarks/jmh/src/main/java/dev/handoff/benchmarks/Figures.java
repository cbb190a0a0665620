package dev.handoff.benchmarks;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;

/** How figures are written. */
final class Figures {
    /** So many digits of a figure count, at most. */
    private static final int DIGITS = 3;

    private Figures() {
    }

    static String us(double microseconds) {
        return figures(microseconds) + " µs";
    }

    static String ns(double nanoseconds) {
        return figures(nanoseconds) + " ns";
    }

    static String times(double ratio) {
        return figures(ratio) + "x";
    }

    static String percent(double ratio) {
        return figures(100 * ratio) + " %";
    }

    static String figures(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(DIGITS, RoundingMode.HALF_EVEN));
        int beforePoint = rounded.precision() - rounded.scale();
        return String.format(Locale.ROOT, "%,." + Math.max(0, DIGITS - beforePoint) + "f", rounded);
    }

    static String plain(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    static String size(String bytes) {
        long size = Long.parseLong(bytes);
        int unit = Math.min(3, (Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(size, 1))) / 10);
        return size / (1L << 10 * unit) + " " + List.of("B", "KiB", "MiB", "GiB").get(unit);
    }
}
