# SPDX-License-Identifier: Apache-2.0
# Random one-operator models, continued: operands that repeat, reductions, and operators that move values.

import numpy as np
from one_op import OneOp, schema
from operators import CASES, case, kinds, ops


def pair(rng, code, options_type=0, options=None, same=False):
    """Two operands, one of which may repeat or be a constant."""
    op = OneOp(rng)
    shape = [1, *(int(extent) for extent in rng.integers(1, 6, rng.integers(1, 4)))]
    small = [extent if rng.random() < 0.6 else 1 for extent in shape]
    scale, zero = (op.scale(-2, 0), op.zero()) if same else (None, None)
    first = op.input(shape, scale, zero)
    second = (op.constant if rng.random() < 0.4 else op.input)(small, scale, zero)
    operands = [second, first] if rng.random() < 0.3 else [first, second]
    if same:
        target = op.activation(shape, scale, zero)
    else:
        target = op.activation(shape, max(op.of(first)[1], op.of(second)[1]) * 10.0 ** rng.uniform(-1, 1))
    if options is not None and hasattr(options, "fusedActivationFunction"):
        options.fusedActivationFunction = int(rng.choice([0, 0, 1, 2, 3]))
    return op, op.finish(code, operands, [target], options_type, options)


@case("ADD")
def add(rng):
    return pair(rng, ops.ADD, kinds.AddOptions, schema.AddOptionsT())


@case("SUB")
def sub(rng):
    return pair(rng, ops.SUB, kinds.SubOptions, schema.SubOptionsT())


@case("MUL")
def mul(rng):
    return pair(rng, ops.MUL, kinds.MulOptions, schema.MulOptionsT())


@case("MINIMUM")
def minimum(rng):
    return pair(rng, ops.MINIMUM, kinds.MaximumMinimumOptions, schema.MaximumMinimumOptionsT(), same=True)


@case("MAXIMUM")
def maximum(rng):
    return pair(rng, ops.MAXIMUM, kinds.MaximumMinimumOptions, schema.MaximumMinimumOptionsT(), same=True)


@case("PRELU")
def prelu(rng):
    op, shape = OneOp(rng), [1, *(int(extent) for extent in rng.integers(1, 6, 3))]
    source = op.input(shape)
    slope = op.constant([1, 1, shape[3]] if rng.random() < 0.7 else shape[1:])
    return op, op.finish(ops.PRELU, [source, slope], [op.activation(shape)])


def reduction(rng, code, same):
    op, options = OneOp(rng), schema.ReducerOptionsT()
    options.keepDims = bool(rng.integers(0, 2))
    shape = [1, *(int(extent) for extent in rng.integers(1, 9, 3))]
    axes = sorted(rng.choice([1, 2, 3], rng.integers(1, 4), replace=False).tolist())
    if code != ops.MEAN or rng.random() < 0.5:
        axes = [1, 2]
    kept = [1 if axis in axes else extent for axis, extent in enumerate(shape)]
    result = kept if options.keepDims else [extent for axis, extent in enumerate(shape) if axis not in axes]
    source = op.input(shape)
    target = op.activation(result, *op.of(source)[1:]) if same else op.activation(result)
    return op, op.finish(code, [source, op.numbers(axes)], [target], kinds.ReducerOptions, options)


@case("MEAN")
def mean(rng):
    return reduction(rng, ops.MEAN, same=rng.random() < 0.5)


@case("SUM")
def total(rng):
    return reduction(rng, ops.SUM, same=False)


@case("REDUCE_MAX")
def reduce_max(rng):
    return reduction(rng, ops.REDUCE_MAX, same=True)


def moved(rng, shape, result, code, constants, options_type=0, options=None):
    """An operator that keeps values: input, constant lists of numbers, output of the same quantization."""
    op = OneOp(rng)
    source = op.input(shape)
    inputs = [source, *(op.numbers(numbers) for numbers in constants)]
    return op, op.finish(code, inputs, [op.activation(result, *op.of(source)[1:])], options_type, options)


@case("RESHAPE")
def reshape(rng):
    a, b, c = (int(extent) for extent in rng.integers(1, 6, 3))
    result = [[1, a * b, c], [1, a * b * c], [1, c, a, b]][rng.integers(0, 3)]
    return moved(rng, [1, a, b, c], result, ops.RESHAPE, [result])


@case("PAD")
def pad(rng):
    shape, pads = [1, *rng.integers(1, 6, 3)], rng.integers(0, 3, (4, 2))
    pads[0] = 0
    return moved(rng, shape, [extent + sum(p) for extent, p in zip(shape, pads)], ops.PAD, [pads])


@case("PADV2")
def pad_v2(rng):
    op, shape, pads = OneOp(rng), [1, *rng.integers(1, 6, 3)], rng.integers(0, 3, (4, 2))
    pads[0] = 0
    source = op.input(shape)
    value = op.constant([1], *op.of(source)[1:])
    target = op.activation([extent + sum(p) for extent, p in zip(shape, pads)], *op.of(source)[1:])
    return op, op.finish(ops.PADV2, [source, op.numbers(pads), value], [target])


@case("CONCATENATION")
def concatenation(rng):
    op, options, axis = OneOp(rng), schema.ConcatenationOptionsT(), int(rng.integers(1, 4))
    options.axis = axis if rng.random() < 0.5 else axis - 4
    shape, scale, zero = [1, *(int(extent) for extent in rng.integers(1, 6, 3))], op.scale(), op.zero()
    inputs, whole = [], 0
    for _ in range(rng.integers(1, 11)):
        part = list(shape)
        part[axis] = int(rng.integers(1, 5))
        whole += part[axis]
        inputs.append(op.input(part, scale, zero))
    shape[axis] = whole
    target = op.activation(shape, scale, zero)
    return op, op.finish(ops.CONCATENATION, inputs, [target], kinds.ConcatenationOptions, options)


@case("SLICE")
def slices(rng):
    shape = [1, *rng.integers(1, 8, 3)]
    begin = [int(rng.integers(0, extent)) for extent in shape]
    result = [int(rng.integers(1, extent - first + 1)) for extent, first in zip(shape, begin)]
    given = [size if size != extent - first or rng.random() < 0.5 else -1
             for size, extent, first in zip(result, shape, begin)]
    return moved(rng, shape, result, ops.SLICE, [begin, given])


@case("STRIDED_SLICE")
def strided_slice(rng):
    shape, options = [1, *(int(extent) for extent in rng.integers(2, 9, 3))], schema.StridedSliceOptionsT()
    begin, end, step = [0, 0, 0, 0], [1, 0, 0, 0], [1, *(int(rng.choice([1, 1, 2, 3, -1, -2])) for _ in range(3))]
    options.shrinkAxisMask = 0
    result = [1]
    for axis in (1, 2, 3):
        extent = shape[axis]
        begin[axis], end[axis] = int(rng.integers(-extent, extent)), int(rng.integers(-extent - 2, extent + 3))
        if step[axis] > 0 and rng.random() < 0.3:
            options.beginMask |= 1 << axis
        if rng.random() < 0.5:
            options.endMask |= 1 << axis
        places = np.arange(extent)[
            slice(None if options.beginMask >> axis & 1 else begin[axis],
                  None if options.endMask >> axis & 1 else end[axis], step[axis])]
        if len(places) == 0:
            return strided_slice(rng)
        result.append(len(places))
    return moved(
        rng, shape, result, ops.STRIDED_SLICE, [begin, end, step], kinds.StridedSliceOptions, options)


@case("SPLIT")
def split(rng):
    op, options, axis = OneOp(rng), schema.SplitOptionsT(), int(rng.integers(1, 4))
    count, shape = int(rng.integers(1, 4)), [1, *(int(extent) for extent in rng.integers(1, 5, 3))]
    options.numSplits, part = count, list(shape)
    shape[axis] *= count
    source = op.input(shape)
    outputs = [op.activation(part, *op.of(source)[1:]) for _ in range(count)]
    place = op.numbers([axis if rng.random() < 0.5 else axis - 4])
    return op, op.finish(
        ops.SPLIT, [place, source], outputs, kinds.SplitOptions, options, result=int(rng.integers(0, count)))


@case("SPLIT_V")
def split_v(rng):
    op, options, axis = OneOp(rng), schema.SplitVOptionsT(), int(rng.integers(1, 4))
    sizes = [int(size) for size in rng.integers(1, 4, rng.integers(1, 4))]
    shape = [1, *(int(extent) for extent in rng.integers(1, 5, 3))]
    options.numSplits = len(sizes)
    parts = [shape[:axis] + [size] + shape[axis + 1:] for size in sizes]
    shape[axis] = sum(sizes)
    source = op.input(shape)
    outputs = [op.activation(part, *op.of(source)[1:]) for part in parts]
    inputs = [source, op.numbers(sizes), op.numbers([axis])]
    return op, op.finish(
        ops.SPLIT_V, inputs, outputs, kinds.SplitVOptions, options, result=int(rng.integers(0, len(sizes))))


@case("TRANSPOSE")
def transpose(rng):
    rank = int(rng.integers(2, 5))
    shape = [1, *(int(extent) for extent in rng.integers(1, 6, rank - 1))]
    order = [0, *(int(axis) for axis in 1 + rng.permutation(rank - 1))]
    return moved(rng, shape, [shape[axis] for axis in order], ops.TRANSPOSE, [order])


def resize(rng, code, options_type, options, both):
    options.alignCorners, options.halfPixelCenters = bool(rng.integers(0, 2)), bool(rng.integers(0, 2))
    if options.alignCorners and not both:
        options.halfPixelCenters = False
    shape, size = [1, *(int(extent) for extent in rng.integers(1, 9, 3))], rng.integers(1, 15, 2)
    return moved(rng, shape, [1, *size, shape[3]], code, [size], options_type, options)


@case("RESIZE_BILINEAR")
def resize_bilinear(rng):
    return resize(rng, ops.RESIZE_BILINEAR, kinds.ResizeBilinearOptions, schema.ResizeBilinearOptionsT(), False)


@case("RESIZE_NEAREST_NEIGHBOR")
def resize_nearest(rng):
    return resize(
        rng, ops.RESIZE_NEAREST_NEIGHBOR, kinds.ResizeNearestNeighborOptions, schema.ResizeNearestNeighborOptionsT(),
        True)


@case("GATHER")
def gather(rng):
    options, axis = schema.GatherOptionsT(), int(rng.integers(1, 4))
    shape = [1, *(int(extent) for extent in rng.integers(1, 7, 3))]
    indices = rng.integers(0, shape[axis], rng.integers(1, 6))
    options.axis = axis
    result = shape[:axis] + [len(indices)] + shape[axis + 1:]
    return moved(rng, shape, result, ops.GATHER, [indices], kinds.GatherOptions, options)


@case("ARG_MAX")
def arg_max(rng):
    op, options = OneOp(rng), schema.ArgMaxOptionsT()
    options.outputType = schema.TensorType.INT32
    shape = [1, *(int(extent) for extent in rng.integers(1, 9, rng.integers(1, 4)))]
    source = op.input(shape)
    target = op.tensor(shape[:-1], "int32")
    return op, op.finish(
        ops.ARG_MAX, [source, op.numbers([len(shape) - 1])], [target], kinds.ArgMaxOptions, options)


@case("BATCH_MATMUL")
def batch_matmul(rng):
    op, options = OneOp(rng), schema.BatchMatMulOptionsT()
    options.adjX, options.adjY = bool(rng.integers(0, 2)), bool(rng.integers(0, 2))
    batch, rows, depth, columns = (int(extent) for extent in rng.integers(1, 7, 4))
    a = [1, batch, depth, rows] if options.adjX else [1, batch, rows, depth]
    b = [1, batch, columns, depth] if options.adjY else [1, batch, depth, columns]
    first, second = op.input(a), (op.input if rng.random() < 0.7 else op.constant)(b)
    scale = op.of(first)[1] * op.of(second)[1] * 60 * depth ** 0.5
    target = op.activation([1, batch, rows, columns], scale)
    return op, op.finish(ops.BATCH_MATMUL, [first, second], [target], kinds.BatchMatMulOptions, options)
