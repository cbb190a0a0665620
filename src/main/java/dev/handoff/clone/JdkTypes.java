package dev.handoff.clone;

import dev.handoff.memory.FrozenBuffer;
import dev.handoff.memory.SharedBuffer;
import java.io.File;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.chrono.Chronology;
import java.time.format.DateTimeFormatter;
import java.time.format.DecimalStyle;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.time.temporal.ValueRange;
import java.time.temporal.WeekFields;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneOffsetTransitionRule;
import java.time.zone.ZoneRules;
import java.util.Collections;
import java.util.Currency;
import java.util.HexFormat;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the classes of the JDK, and the buffers, are cloned: here those that are shared; the others in {@link JdkValues},
 * {@link JdkBuffers}, {@link JdkCollections}, {@link JdkWrappers} and {@link JdkViews}.
 */
final class JdkTypes {
    private static final Set<Class<?>> IMMUTABLE = Set.of(String.class, Boolean.class, Character.class, Byte.class,
            Short.class, Integer.class, Long.class, Float.class, Double.class, BigInteger.class, BigDecimal.class,
            MathContext.class, Class.class, MethodType.class, StackTraceElement.class, Runtime.Version.class,
            UUID.class, URI.class, URL.class, InetAddress.class, Inet4Address.class, Inet6Address.class,
            InetSocketAddress.class, File.class, Pattern.class, Locale.class, Currency.class, HexFormat.class,
            OptionalInt.class, OptionalLong.class, OptionalDouble.class, DateTimeFormatter.class, DecimalStyle.class,
            ValueRange.class, WeekFields.class, ZoneRules.class, ZoneOffsetTransition.class,
            ZoneOffsetTransitionRule.class,
            SharedBuffer.class, FrozenBuffer.class, Collections.emptyList().getClass(),
            Collections.emptySet().getClass(), Collections.emptyMap().getClass(),
            Collections.emptyNavigableSet().getClass(), Collections.emptyNavigableMap().getClass());

    private JdkTypes() {
    }

    /** The plan of a class, or null if it is none of these. */
    static @Nullable Plan plan(Class<?> type, Plans plans) {
        if (isImmutable(type)) {
            return new SharedPlan(type);
        }
        if (type.isArray()) {
            return JdkValues.arrayPlan(type);
        }
        if (Modifier.isAbstract(type.getModifiers())) {
            return null;
        }
        Plan plan = JdkValues.plan(type);
        if (plan != null || !isJdk(type)) {
            return plan;
        }
        plan = JdkCollections.plan(type, plans);
        if (plan == null) {
            plan = JdkWrappers.plan(type, plans);
        }
        if (plan == null) {
            plan = JdkBuffers.plan(type);
        }
        return plan == null ? JdkViews.plan(type, plans) : plan;
    }

    /** Whether nobody can change such an object; of records nothing is said. */
    static boolean isImmutable(Class<?> type) {
        return IMMUTABLE.contains(type) || type.isPrimitive() || Enum.class.isAssignableFrom(type)
                || !Modifier.isAbstract(type.getModifiers()) && isImmutableKind(type);
    }

    /** By its kind, where the JDK has a class for each platform, or many. */
    private static boolean isImmutableKind(Class<?> type) {
        return isTime(type) || isJdk(type) && Path.class.isAssignableFrom(type)
                || Charset.class.isAssignableFrom(type); // whoever wrote it: its contract says so
    }

    private static boolean isTime(Class<?> type) {
        return isJdk(type) && type.getPackageName().startsWith("java.time")
                && (TemporalAccessor.class.isAssignableFrom(type) || TemporalAmount.class.isAssignableFrom(type)
                        || ZoneId.class.isAssignableFrom(type) || Chronology.class.isAssignableFrom(type));
    }

    static boolean isJdk(Class<?> type) {
        return type.getModule() == Object.class.getModule();
    }
}
