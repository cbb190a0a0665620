package dev.handoff.benchmarks;

import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * What {@link Clone} copies, and how one would copy it by hand: knowing what it is, with neither an identity table nor a
 * look at any class. What is immutable is shared by the copies by hand but in {@link #RECORD_OF_IMMUTABLES}, which would
 * be nothing.
 */
public enum Shape {
    /** A {@link Booking}. */
    RECORD_OF_IMMUTABLES("record of 10 immutables") {
        @Override
        Object create() {
            return new Booking(4_711, "Ada", "With a view of the sea", 3, 99.5, true, Status.CONFIRMED,
                    new UUID(0x0123_4567_89ab_4defL, 0x8123_4567_89ab_cdefL), LocalDate.of(2026, 8, 1),
                    Instant.ofEpochSecond(1_750_000_000L));
        }

        @Override
        Object copy(Object original) {
            Booking b = (Booking) original;
            return new Booking(b.id, b.guest, b.wish, b.nights, b.price, b.paid, b.status, b.token, b.arrival, b.made);
        }
    },
    /** A {@link Samples}. */
    RECORD_WITH_ARRAY("record with an int[16]") {
        @Override
        Object create() {
            return Samples.numbered(1);
        }

        @Override
        Object copy(Object original) {
            return ((Samples) original).copy();
        }
    },
    /** An {@link ArrayList} of numbers that no cache of boxes has. */
    LIST_OF_INTEGERS("list of 1,000 Integer") {
        @Override
        Object create() {
            return IntStream.range(0, ELEMENTS).mapToObj(i -> 1_000 + i)
                    .collect(ArrayList::new, List::add, List::addAll);
        }

        @Override
        Object copy(Object original) {
            return new ArrayList<>((ArrayList<?>) original);
        }
    },
    /** An {@link ArrayList} of {@link Samples}. */
    LIST_OF_RECORDS_WITH_ARRAYS("list of 1,000 records with an int[16]") {
        @Override
        Object create() {
            return IntStream.range(0, ELEMENTS).mapToObj(Samples::numbered)
                    .collect(ArrayList::new, List::add, List::addAll);
        }

        @Override
        @SuppressWarnings("unchecked")
        Object copy(Object original) {
            List<Samples> list = (ArrayList<Samples>) original;
            List<Samples> copy = new ArrayList<>(list.size());
            for (Samples samples : list) {
                copy.add(samples.copy());
            }
            return copy;
        }
    },
    /** A {@link HashMap} from names to {@link City}s. */
    MAP_OF_IMMUTABLE_RECORDS("map of 1,000 String to record of immutables") {
        @Override
        Object create() {
            Map<String, City> map = new HashMap<>();
            IntStream.range(0, ELEMENTS).forEach(i -> map.put("key" + i, new City("City " + i, 1_000 + i)));
            return map;
        }

        @Override
        Object copy(Object original) {
            return new HashMap<>((HashMap<?, ?>) original);
        }
    },
    /** A {@link HashMap} from names to {@link Samples}. */
    MAP_OF_RECORDS_WITH_ARRAYS("map of 1,000 String to record with an int[16]") {
        @Override
        Object create() {
            Map<String, Samples> map = new HashMap<>();
            IntStream.range(0, ELEMENTS).forEach(i -> map.put("key" + i, Samples.numbered(i)));
            return map;
        }

        @Override
        @SuppressWarnings("unchecked")
        Object copy(Object original) {
            Map<String, Samples> map = (HashMap<String, Samples>) original;
            Map<String, Samples> copy = HashMap.newHashMap(map.size());
            for (Map.Entry<String, Samples> entry : map.entrySet()) {
                copy.put(entry.getKey(), entry.getValue().copy());
            }
            return copy;
        }
    },
    /** 1 MiB. */
    BYTES("byte[1 MiB]") {
        @Override
        Object create() {
            byte[] bytes = new byte[1 << 20];
            Arrays.setAll(new int[bytes.length], i -> bytes[i] = (byte) (31 * i));
            return bytes;
        }

        @Override
        Object copy(Object original) {
            return ((byte[]) original).clone();
        }
    },
    /** 1,000 rows of 100. */
    DOUBLES("double[1,000][100]") {
        @Override
        Object create() {
            double[][] rows = new double[ELEMENTS][100];
            for (int row = 0; row < rows.length; row++) {
                int offset = row * 100;
                Arrays.setAll(rows[row], column -> offset + column + 0.5);
            }
            return rows;
        }

        @Override
        Object copy(Object original) {
            double[][] rows = (double[][]) original;
            double[][] copy = new double[rows.length][];
            for (int row = 0; row < rows.length; row++) {
                copy[row] = rows[row].clone();
            }
            return copy;
        }
    },
    /** The root of a tree of {@link Node}s. By hand: knows that it is a tree, and that the numbers are dense. */
    CYCLIC_GRAPH("cyclic graph of 10,000 nodes") {
        @Override
        Object create() {
            Node[] nodes = new Node[DEPTH];
            for (int i = 0; i < nodes.length; i++) {
                nodes[i] = new Node(i, new ArrayList<>());
                nodes[i].shared = nodes[i % SHARED];
                if (i > 0) {
                    nodes[i].parent = nodes[(i - 1) / FAN_OUT];
                    nodes[i].parent.children.add(nodes[i]);
                }
            }
            return nodes[0];
        }

        @Override
        Object copy(Object original) {
            return copy((Node) original, null, new Node[DEPTH]);
        }

        private static Node copy(Node original, Node parent, Node[] copies) {
            Node copy = begun(original, copies);
            copy.parent = parent;
            copy.shared = begun(original.shared, copies);
            for (Node child : original.children) {
                copy.children.add(copy(child, copy, copies));
            }
            return copy;
        }

        private static Node begun(Node original, Node[] copies) {
            Node copy = copies[original.number];
            if (copy == null) {
                copy = new Node(original.number, new ArrayList<>(original.children.size()));
                copies[original.number] = copy;
            }
            return copy;
        }

        @Override
        Object copyWithIdentityTable(Object original) {
            return copy((Node) original, new IdentityHashMap<>());
        }

        private static Node copy(Node original, Map<Node, Node> copies) {
            if (original == null) {
                return null;
            }
            Node copy = copies.get(original);
            if (copy == null) {
                copy = new Node(original.number, new ArrayList<>(original.children.size()));
                copies.put(original, copy);
                copy.parent = copy(original.parent, copies);
                copy.shared = copy(original.shared, copies);
                for (Node child : original.children) {
                    copy.children.add(copy(child, copies));
                }
            }
            return copy;
        }
    },
    /** The first {@link Link} of a chain. */
    CHAIN("chain of 10,000 linked objects") {
        @Override
        Object create() {
            Link first = null;
            for (int i = DEPTH; i > 0; i--) {
                first = new Link(i, first);
            }
            return first;
        }

        @Override
        Object copy(Object original) {
            Link link = (Link) original;
            Link first = new Link(link.number, null);
            Link last = first;
            while ((link = link.next) != null) {
                last.next = new Link(link.number, null);
                last = last.next;
            }
            return first;
        }

        @Override
        Object copyWithIdentityTable(Object original) {
            Map<Link, Link> copies = new IdentityHashMap<>();
            Link last = null;
            for (Link link = (Link) original; link != null; link = link.next) {
                Link copy = copies.get(link);
                boolean known = copy != null;
                if (!known) {
                    copy = new Link(link.number, null);
                    copies.put(link, copy);
                }
                if (last != null) {
                    last.next = copy;
                }
                if (known) {
                    break;
                }
                last = copy;
            }
            return copies.get(original);
        }
    },
    /** {@link ArrayList}s, each of which holds the next, and the last nothing. */
    NESTED_LISTS("10,000 nested lists") {
        @Override
        Object create() {
            List<Object> list = new ArrayList<>();
            for (int i = 1; i < DEPTH; i++) {
                List<Object> outer = new ArrayList<>();
                outer.add(list);
                list = outer;
            }
            return list;
        }

        @Override
        @SuppressWarnings("unchecked")
        Object copy(Object original) {
            List<Object> list = (ArrayList<Object>) original;
            List<Object> first = new ArrayList<>(list.size());
            List<Object> last = first;
            while (!list.isEmpty()) {
                list = (ArrayList<Object>) list.getFirst();
                List<Object> inner = new ArrayList<>(list.size());
                last.add(inner);
                last = inner;
            }
            return first;
        }
    };

    /** Of a collection, and rows of the matrix. */
    static final int ELEMENTS = 1_000;
    /** Of what is linked or nested; also the nodes of the graph. */
    static final int DEPTH = 10_000;
    /** Children of a node that is not a leaf. */
    private static final int FAN_OUT = 4;
    /** Nodes that all other nodes refer to. */
    private static final int SHARED = 100;

    private final String text;

    Shape(String text) {
        this.text = text;
    }

    abstract Object create();

    /** By hand. */
    abstract Object copy(Object original);

    /** By hand, as one writes it who does not know how the objects refer to each other. */
    Object copyWithIdentityTable(Object original) {
        throw new UnsupportedOperationException(name() + " needs no identity table");
    }

    /** As a reader would call it. */
    String text() {
        return text;
    }

    /** Of a {@link Booking}. */
    public enum Status {
        OPEN,
        CONFIRMED
    }

    /** Everything in it is immutable. */
    public record Booking(long id, String guest, String wish, Integer nights, double price, boolean paid, Status status,
            UUID token, LocalDate arrival, Instant made) implements Serializable {
    }

    /** Everything in it is immutable. */
    public record City(String name, int people) implements Serializable {
    }

    /** A record is no deeper a copy than its components. */
    public record Samples(int sensor, int[] values) implements Serializable {
        static Samples numbered(int sensor) {
            return new Samples(sensor, IntStream.range(sensor, sensor + 16).toArray());
        }

        Samples copy() {
            return new Samples(sensor, values.clone());
        }
    }

    /** Of a tree with links to the parents, and to nodes that others refer to as well. */
    public static final class Node implements Serializable {
        private static final long serialVersionUID = 1;
        public int number;
        public Node parent;
        public Node shared;
        @SuppressWarnings("serial") // it is an ArrayList
        public List<Node> children;

        /** For those who fill it in later. */
        public Node() {
        }

        Node(int number, List<Node> children) {
            this.number = number;
            this.children = children;
        }
    }

    /** Of a chain. */
    public static final class Link implements Serializable {
        private static final long serialVersionUID = 1;
        public int number;
        public Link next;

        /** For those who fill it in later. */
        public Link() {
        }

        Link(int number, Link next) {
            this.number = number;
            this.next = next;
        }
    }
}
