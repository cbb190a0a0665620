package dev.handoff.clone;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_MethodHandles_Lookup;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Compiles plans: straight code for one class, with its constructor and its fields as method handles in the class data of
 * a hidden class of this package. So the code needs no access to the class that it copies, whose types appear in it as
 * {@code Object} only, and the JIT compiler sees constants. A hidden class is unloaded with its plan.
 */
final class PlanCompiler {
    /** What a call can pass, with the receiver and one for long and double each; some to spare. */
    private static final int MOST_SLOTS = 250;

    private static final ClassDesc PLAN = Plan.class.describeConstable().orElseThrow();
    private static final ClassDesc PLANS = Plans.class.describeConstable().orElseThrow();
    private static final ClassDesc DESCENT = Descent.class.describeConstable().orElseThrow();
    private static final DirectMethodHandleDesc CLASS_DATA_AT = ConstantDescs.ofConstantBootstrap(
            MethodHandles.class.describeConstable().orElseThrow(), "classDataAt", CD_Object, CD_int);

    private static final int ORIGINAL = 1;

    /** What the code refers to by its place. */
    private final List<Object> classData = new ArrayList<>();

    private PlanCompiler() {
    }

    static RecordPlan compile(RecordPlan.Shape shape) {
        MethodType constructor = shape.constructor().type();
        if (constructor.parameterList().stream().mapToInt(t -> TypeKind.from(t).slotSize()).sum() > MOST_SLOTS) {
            return new RecordPlan(shape);
        }
        PlanCompiler compiler = new PlanCompiler();
        return (RecordPlan) compiler.define(RecordPlan.class, shape, type -> {
            method(type, "copy", MethodTypeDesc.of(CD_Object, CD_Object, DESCENT),
                    code -> compiler.copyRecord(code, shape));
            if (shape.tree() != null) {
                method(type, "copyTree", MethodTypeDesc.of(CD_Object, CD_Object),
                        code -> compiler.copyTree(code, shape));
                method(type, "copyAlone", MethodTypeDesc.of(CD_Object, CD_Object, PLANS),
                        code -> compiler.copyTree(code, shape));
            }
        });
    }

    static ObjectPlan compile(ObjectPlan.Shape shape) {
        PlanCompiler compiler = new PlanCompiler();
        return (ObjectPlan) compiler.define(ObjectPlan.class, shape, type -> {
            method(type, "create", MethodTypeDesc.of(CD_Object), code -> {
                compiler.invoke(code, shape.constructor(), () -> {
                });
                code.areturn();
            });
            method(type, "fill", MethodTypeDesc.of(CD_void, CD_Object, CD_Object, DESCENT),
                    code -> compiler.fillObject(code, shape));
        });
    }

    // ---- methods

    private void copyRecord(CodeBuilder code, RecordPlan.Shape shape) {
        int descent = 2;
        int number = code.allocateLocal(TypeKind.INT);
        code.aload(descent).aload(ORIGINAL).invokevirtual(DESCENT, "enter", MethodTypeDesc.of(CD_int, CD_Object))
                .istore(number);
        Label met = code.newLabel();
        code.iload(number).ifge(met);
        code.iload(number).iconst_m1().ixor().istore(number);
        boolean holdsLeaves = shape.components().stream().allMatch(c -> c.isShared() || c.plan() instanceof LeafPlan);
        if (!holdsLeaves) {
            code.aload(descent).iload(number)
                    .invokevirtual(DESCENT, "beginBuilding", MethodTypeDesc.of(CD_void, CD_int));
        }
        Label changed = code.newLabel();
        Label done = code.newLabel();
        List<RecordPlan.Component> components = shape.components();
        int[] values = new int[components.size()];
        List<int[]> copied = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            RecordPlan.Component component = components.get(i);
            TypeKind kind = kind(component.type());
            values[i] = code.allocateLocal(kind);
            invoke(code, component.accessor(), () -> code.aload(ORIGINAL));
            if (component.isShared()) {
                code.storeLocal(kind, values[i]);
            } else {
                int original = code.allocateLocal(TypeKind.REFERENCE);
                code.astore(original);
                copy(code, shape.type(), component.type(), component.plan(), original, descent);
                code.astore(values[i]);
                copied.add(new int[]{original, values[i]});
            }
        }
        int copy = code.allocateLocal(TypeKind.REFERENCE);
        copied.forEach(pair -> code.aload(pair[0]).aload(pair[1]).if_acmpne(changed));
        if (ifAllIsSeen(code, components, values, changed)) {
            code.aload(ORIGINAL).astore(copy).goto_(done);
        }
        code.labelBinding(changed);
        construct(code, shape, values);
        code.astore(copy);
        code.labelBinding(done);
        code.aload(descent).iload(number).aload(copy)
                .invokevirtual(DESCENT, holdsLeaves ? "copied" : "built",
                        MethodTypeDesc.of(CD_void, CD_int, CD_Object));
        code.aload(copy).areturn();
        code.labelBinding(met);
        code.aload(descent).iload(number)
                .invokevirtual(DESCENT, "known", MethodTypeDesc.of(CD_Object, CD_int)).areturn();
    }

    /**
     * Goes on where the record holds no more than its accessors tell, so that it can't change if what these tell can't.
     * Returns false, having done nothing, where the fields are not ours to see.
     */
    private boolean ifAllIsSeen(CodeBuilder code, List<RecordPlan.Component> components, int[] values, Label not) {
        if (components.stream().anyMatch(c -> c.field() == null)) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            TypeKind kind = kind(components.get(i).type());
            invoke(code, Objects.requireNonNull(components.get(i).field()), () -> code.aload(ORIGINAL));
            code.loadLocal(kind, values[i]);
            switch (kind) {
                case REFERENCE -> code.if_acmpne(not);
                case LONG -> code.lcmp().ifne(not);
                case DOUBLE -> code.dcmpl().ifne(not); // a NaN is no reason to share
                case FLOAT -> code.fcmpl().ifne(not);
                default -> code.if_icmpne(not);
            }
        }
        return true;
    }

    private void copyTree(CodeBuilder code, RecordPlan.Shape shape) {
        List<RecordPlan.Component> components = shape.components();
        int[] values = new int[components.size()];
        for (int i = 0; i < values.length; i++) {
            RecordPlan.Component component = components.get(i);
            TypeKind kind = kind(component.type());
            values[i] = code.allocateLocal(kind);
            invoke(code, component.accessor(), () -> code.aload(ORIGINAL));
            code.storeLocal(kind, values[i]);
            if (component.plan() != null && !component.isShared()) {
                Label isNull = code.newLabel();
                code.aload(values[i]).ifnull(isNull);
                constant(code, component.plan(), PLAN);
                code.aload(values[i]).invokevirtual(PLAN, "copyTree", MethodTypeDesc.of(CD_Object, CD_Object))
                        .astore(values[i]);
                code.labelBinding(isNull);
            }
        }
        construct(code, shape, values);
        code.areturn();
    }

    private void construct(CodeBuilder code, RecordPlan.Shape shape, int[] values) {
        invoke(code, shape.constructor(), () -> {
            for (int i = 0; i < values.length; i++) {
                code.loadLocal(kind(shape.components().get(i).type()), values[i]);
            }
        });
    }

    private void fillObject(CodeBuilder code, ObjectPlan.Shape shape) {
        int copy = 2;
        int descent = 3;
        int value = code.allocateLocal(TypeKind.REFERENCE);
        for (ObjectPlan.Field field : shape.fields()) {
            Runnable read = () -> invoke(code, field.get(), () -> code.aload(ORIGINAL));
            if (field.isShared()) {
                invoke(code, field.set(), () -> {
                    code.aload(copy);
                    read.run();
                });
            } else {
                read.run();
                code.astore(value);
                copy(code, shape.type(), field.type(), field.plan(), value, descent);
                code.astore(value);
                invoke(code, field.set(), () -> code.aload(copy).aload(value));
            }
        }
        code.return_();
    }

    /** Leaves the copy of a local on the stack. */
    private void copy(CodeBuilder code, Class<?> owner, Class<?> declared, @Nullable Plan plan, int original,
            int descent) {
        boolean isOwnKind = declared == owner && Modifier.isFinal(owner.getModifiers()); // whose plan is this one
        if (plan == null && !isOwnKind) {
            code.aload(descent).aload(original)
                    .invokevirtual(DESCENT, "copy", MethodTypeDesc.of(CD_Object, CD_Object));
            return;
        }
        code.aload(original);
        if (plan == null) {
            code.aload(0);
        } else {
            constant(code, plan, PLAN);
        }
        code.aload(descent).invokestatic(DESCENT, "copy", MethodTypeDesc.of(CD_Object, CD_Object, PLAN, DESCENT));
    }

    // ---- constants and calls

    private static TypeKind kind(Class<?> type) {
        return TypeKind.from(type);
    }

    /** A call of a constant method handle, with all references taken for objects. */
    private void invoke(CodeBuilder code, MethodHandle target, Runnable arguments) {
        MethodHandle erased = target.asFixedArity().asType(target.type().erase());
        constant(code, erased, CD_MethodHandle);
        arguments.run();
        code.invokevirtual(CD_MethodHandle, "invokeExact", erased.type().describeConstable().orElseThrow());
    }

    private void constant(CodeBuilder code, Object value, ClassDesc type) {
        code.ldc(DynamicConstantDesc.ofNamed(CLASS_DATA_AT, ConstantDescs.DEFAULT_NAME, type, classData.size()));
        classData.add(value);
    }

    // ---- the class

    private static void method(ClassBuilder type, String name, MethodTypeDesc descriptor,
            Consumer<CodeBuilder> body) {
        type.withMethodBody(name, descriptor, 0, body);
    }

    private <S> Object define(Class<?> superclass, S shape, Consumer<ClassBuilder> methods) {
        ClassDesc base = superclass.describeConstable().orElseThrow();
        MethodTypeDesc init = MethodTypeDesc.of(CD_void, shape.getClass().describeConstable().orElseThrow());
        ClassDesc name = ClassDesc.of(PlanCompiler.class.getPackageName(), "Compiled" + superclass.getSimpleName());
        byte[] bytes = ClassFile.of().build(name, type -> {
            type.withSuperclass(base).withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC);
            method(type, INIT_NAME, init, code -> code.aload(0).aload(1).invokespecial(base, INIT_NAME, init)
                    .return_());
            methods.accept(type);
        });
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            MethodHandles.Lookup hidden = lookup.defineHiddenClassWithClassData(bytes, List.copyOf(classData), true);
            return hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class, shape.getClass()))
                    .invoke(shape);
        } catch (Error e) { // no memory or no stack is left
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a plan for " + shape + " can't be compiled", e);
        }
    }
}
