package dev.handoff.clone;

import java.lang.invoke.MethodHandles;

/** Objects of classes that the library knows nothing of, and what a user tells it about them. */
final class UserObjects {
    /** An object of such a class, for who compares it. */
    interface Node {
        /** What it holds. */
        Object[] contents();

        /** Whether original and copy may be the same. */
        default boolean isImmutable() {
            return false;
        }
    }

    /** Says itself how it is cloned. */
    static final class Cell implements StructuredCloneable, Node {
        private final int number;
        Object left;
        Object right;

        Cell(int number, Object left, Object right) {
            this.number = number;
            this.left = left;
            this.right = right;
        }

        @Override
        public Object[] contents() {
            return new Object[]{number, left, right};
        }

        @Override
        public Object[] cloneContents() {
            return new Object[]{left, right};
        }

        @Override
        public Cell cloneEmpty() {
            return new Cell(number, null, null);
        }

        @Override
        public void cloneFill(Object[] copies) {
            left = copies[0];
            right = copies[1];
        }
    }

    /** Mutable, with a cloner. */
    static final class Box implements Node {
        Object content;

        Box(Object content) {
            this.content = content;
        }

        @Override
        public Object[] contents() {
            return new Object[]{content};
        }
    }

    /** Immutable, with a cloner. */
    static final class Tuple implements Node {
        private final Object first;
        private final Object second;

        Tuple(Object first, Object second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public Object[] contents() {
            return new Object[]{first, second};
        }

        @Override
        public boolean isImmutable() {
            return true;
        }
    }

    /** Mutable, and holds nothing, with a cloner. */
    static final class Counter implements Node {
        private final int count;

        Counter(int count) {
            this.count = count;
        }

        @Override
        public Object[] contents() {
            return new Object[]{(byte) count};
        }
    }

    private static class Base {
        private int number;
        Object inherited;
    }

    /** Opened: cloned field by field. */
    static final class Bean extends Base implements Node {
        private Object value;
        private Bean next;

        static Bean of(int number, Object inherited, Object value, Bean next) {
            Bean bean = new Bean();
            ((Base) bean).number = number;
            bean.inherited = inherited;
            bean.value = value;
            bean.next = next;
            return bean;
        }

        @Override
        public Object[] contents() {
            return new Object[]{(byte) ((Base) this).number, inherited, value, next};
        }
    }

    /** Told about all of them. */
    static final Cloners CLONERS = Cloners.builder()
            .register(Box.class, Cloner.mutable(b -> new Object[]{b.content}, b -> new Box(null),
                    (b, copies) -> b.content = copies[0]))
            .register(Tuple.class,
                    Cloner.immutable(t -> new Object[]{t.first, t.second}, (t, c) -> new Tuple(c[0], c[1])))
            .register(Counter.class, Cloner.leaf(c -> new Counter(c.count)))
            .open(MethodHandles.lookup(), Bean.class).build();

    private UserObjects() {
    }
}
