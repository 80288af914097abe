"""Vectors of doubles as a type that kernels compute with.

A loop over an array is turned into vector instructions only if the compiler can prove that no
store disturbs a load, which it gives up on where several rows of one array are read and one is
written. Values of this type leave nothing to prove, and stay in registers across loops. A
vector is as wide as the machine's registers: 8 doubles with AVX-512, else 4.

Vectors are read and written through addresses. An address keeps no array alive, its caller
does; in exchange passing it around costs nothing.
"""

import operator

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

_WIDE = binding.get_host_cpu_features().get("avx512f", False)
LENGTH = 8 if _WIDE else 4
N_REGISTERS = 32 if _WIDE else 16
VECTORS = 4  # of a panel
PANEL = VECTORS * LENGTH  # columns of a panel
_FLAGS = ("contract", "nsz", "arcp")
_IR = ir.VectorType(ir.DoubleType(), LENGTH)
_INDEX = ir.IntType(32)


class Vector(types.Type):
    """As many doubles as fit into a register."""

    def __init__(self):
        super().__init__(name=f"Vector({LENGTH})")


vector = Vector()
address_type = types.CPointer(types.float64)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, fe_type):
        super().__init__(manager, fe_type, _IR)


def _define(name, operation):
    """Let an operator work on two vectors."""

    @type_callable(operation)
    def type_of(context):
        return lambda a, b: vector if a == b == vector else None

    @lower_builtin(operation, Vector, Vector)
    def lower(context, builder, signature, arguments):
        return getattr(builder, name)(*arguments, flags=_FLAGS)


for _name, _operations in {
    "fadd": (operator.add, operator.iadd),
    "fsub": (operator.sub, operator.isub),
    "fmul": (operator.mul, operator.imul),
}.items():
    for _operation in _operations:
        _define(_name, _operation)


class Emitter:
    """Instructions on vectors, for what is generated rather than written."""

    def __init__(self, builder):
        self.builder = builder

    def load(self, address, offset):
        """The vector that begins ``offset`` entries on."""
        return self.builder.load(self._place(address, offset), align=8)

    def store(self, value, address, offset):
        """Write a vector."""
        self.builder.store(value, self._place(address, offset), align=8)

    def _place(self, address, offset):
        return self.builder.bitcast(self.builder.gep(address, [offset]), _IR.as_pointer())

    def spread(self, number):
        """The vector with one number everywhere."""
        nothing = ir.Constant(_IR, ir.Undefined)
        single = self.builder.insert_element(nothing, number, _INDEX(0))
        return self.builder.shuffle_vector(single, nothing, self._order([0] * LENGTH))

    def total(self, value):
        """Sum of a vector's numbers, by halves."""
        nothing, half = ir.Constant(_IR, ir.Undefined), LENGTH // 2
        while half:
            order = self._order([(i + half) % LENGTH for i in range(LENGTH)])
            turned = self.builder.shuffle_vector(value, nothing, order)
            value = self.builder.fadd(value, turned, flags=_FLAGS)
            half //= 2
        return self.builder.extract_element(value, _INDEX(0))

    def _order(self, indices):
        return ir.Constant(ir.VectorType(_INDEX, LENGTH), indices)

    def sums(self, keys):
        """As many vectors of zeros that a loop may add to."""
        places = {key: cgutils.alloca_once(self.builder, _IR) for key in keys}
        for place in places.values():
            self.builder.store(ir.Constant(_IR, None), place)
        return places

    def add_product(self, place, a, b):
        """Add to a sum; fused where the machine can."""
        product = self.builder.fmul(a, b, flags=_FLAGS)
        self.builder.store(
            self.builder.fadd(self.builder.load(place), product, flags=_FLAGS), place
        )


def choose(builder, value, most, generate):
    """Code for 1 to ``most``, of which one is chosen when it runs."""
    done = builder.append_basic_block("done")
    switch = builder.switch(value, done)
    for case in range(1, most + 1):
        block = builder.append_basic_block(f"case{case}")
        switch.add_case(ir.Constant(value.type, case), block)
        builder.position_at_end(block)
        generate(case)
        builder.branch(done)
    builder.position_at_end(done)


@intrinsic
def address(typing, array):
    """Where the first entry of a C-ordered array of doubles lies."""

    def generate(context, builder, signature, arguments):
        return context.make_array(array)(context, builder, arguments[0]).data

    if array.dtype == types.float64 and array.layout == "C":
        return address_type(array), generate


@intrinsic
def shifted(typing, start, offset):
    """The address ``offset`` entries on."""

    def generate(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return address_type(address_type, types.intp), generate


@intrinsic
def load(typing, start, offset):
    """The vector that begins ``offset`` entries after an address."""

    def generate(context, builder, signature, arguments):
        return Emitter(builder).load(*arguments)

    return vector(address_type, types.intp), generate


@intrinsic
def store(typing, start, offset, value):
    """Write a vector ``offset`` entries after an address."""

    def generate(context, builder, signature, arguments):
        start, offset, value = arguments
        Emitter(builder).store(value, start, offset)
        return context.get_dummy_value()

    return types.void(address_type, types.intp, vector), generate


@intrinsic
def spread(typing, number):
    """The vector with one number everywhere."""

    def generate(context, builder, signature, arguments):
        return Emitter(builder).spread(arguments[0])

    return vector(types.float64), generate


@intrinsic
def total(typing, value):
    """The sum of a vector's numbers."""

    def generate(context, builder, signature, arguments):
        return Emitter(builder).total(arguments[0])

    return types.float64(vector), generate


def _choice(comparison):
    """The intrinsic that takes ``a`` where it compares so with ``b``, or is NaN; else ``b``."""

    @intrinsic
    def chosen(typing, a, b):
        def generate(context, builder, signature, arguments):
            return builder.select(builder.fcmp_unordered(comparison, *arguments), *arguments)

        return vector(vector, vector), generate

    return chosen


larger, smaller = _choice(">"), _choice("<")


@intrinsic
def where_positive(typing, test, a, b):
    """``a`` where ``test > 0``, else ``b``."""

    def generate(context, builder, signature, arguments):
        zero = ir.Constant(_IR, None)
        return builder.select(builder.fcmp_ordered(">", arguments[0], zero), *arguments[1:])

    return vector(vector, vector, vector), generate
