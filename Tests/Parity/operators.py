# SPDX-License-Identifier: Apache-2.0
# Random one-operator models for every TensorFlow Lite operator that is imported with int8 activations.

import numpy as np
from one_op import OneOp, schema

ops, kinds = schema.BuiltinOperator, schema.BuiltinOptions
CASES = {}


def case(name):
    """Registers a function that makes a random model: rng -> (OneOp, bytes)."""
    def register(function):
        CASES[name] = function
        return function
    return register


def window(options, rng, stride=3):
    options.padding = int(rng.integers(0, 2))
    options.strideH, options.strideW = int(rng.integers(1, stride)), int(rng.integers(1, stride))
    options.fusedActivationFunction = int(rng.choice([0, 1, 2, 3]))
    return options


def size(extent, kernel, stride, padding, dilation=1):
    reach = (kernel - 1) * dilation + 1
    return -(-extent // stride) if padding == 0 else (extent - reach) // stride + 1


def weights(rng, shape):
    return np.clip(rng.normal(0, 50, shape).round(), -127, 127)


def scales(op, channels):
    """One scale, or one a channel."""
    return op.scale(-3, -1) if op.rng.random() < 0.3 else [op.scale(-3, -1) for _ in range(channels)]


def bias(op, channels, optional=True):
    if optional and op.rng.random() < 0.2:
        return -1
    return op.tensor([channels], "int32", scale=1.0, data=op.rng.integers(-20000, 20000, channels))


def output_scale(op, terms):
    return op.scale(-2, 0) * float(np.sqrt(terms))


@case("CONV_2D")
def conv(rng):
    op, options = OneOp(rng), window(schema.Conv2DOptionsT(), rng)
    options.dilationHFactor, options.dilationWFactor = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    groups = int(rng.choice([1, 1, 1, 2]))
    own, channels = int(rng.integers(1, 9)), int(rng.integers(1, 6)) * groups
    kernel = rng.integers(1, 4, 2)
    extents = rng.integers(6, 12, 2)
    source = op.input([1, *extents, own * groups])
    count = 1 if rng.random() < 0.3 else channels
    scale = [op.scale(-3, -1) for _ in range(count)]
    filters = op.tensor([channels, *kernel, own], scale=scale, data=weights(rng, [channels, *kernel, own]))
    result = [
        size(extents[0], kernel[0], options.strideH, options.padding, options.dilationHFactor),
        size(extents[1], kernel[1], options.strideW, options.padding, options.dilationWFactor)]
    target = op.activation([1, *result, channels], output_scale(op, own * kernel[0] * kernel[1]))
    return op, op.finish(ops.CONV_2D, [source, filters, bias(op, channels)], [target], kinds.Conv2DOptions, options)


@case("DEPTHWISE_CONV_2D")
def depthwise(rng):
    op, options = OneOp(rng), window(schema.DepthwiseConv2DOptionsT(), rng)
    options.dilationHFactor, options.dilationWFactor = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    own, multiplier = int(rng.integers(1, 9)), int(rng.choice([1, 1, 2, 3]))
    options.depthMultiplier = multiplier
    kernel, extents = rng.integers(1, 4, 2), rng.integers(6, 12, 2)
    source = op.input([1, *extents, own])
    shape = [1, *kernel, own * multiplier]
    filters = op.tensor(shape, scale=scales(op, own * multiplier), data=weights(rng, shape), axis=3)
    result = [
        size(extents[0], kernel[0], options.strideH, options.padding, options.dilationHFactor),
        size(extents[1], kernel[1], options.strideW, options.padding, options.dilationWFactor)]
    target = op.activation([1, *result, own * multiplier], output_scale(op, kernel[0] * kernel[1]))
    return op, op.finish(
        ops.DEPTHWISE_CONV_2D, [source, filters, bias(op, own * multiplier, optional=False)], [target],
        kinds.DepthwiseConv2DOptions, options)


@case("FULLY_CONNECTED")
def fully_connected(rng):
    op, options = OneOp(rng), schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(rng.choice([0, 1, 2, 3]))
    features, units = int(rng.integers(1, 60)), int(rng.integers(1, 12))
    outer = [[1], [1, int(rng.integers(1, 6))], [1, 2, int(rng.integers(1, 5))]][rng.integers(0, 3)]
    options.keepNumDims = len(outer) > 1
    source = op.input([*outer, features])
    filters = op.tensor([units, features], scale=op.scale(-3, -1), data=weights(rng, [units, features]))
    target = op.activation([*outer, units], output_scale(op, features))
    offset = -1
    if rng.random() < 0.8:
        product = op.of(source)[1] * op.of(filters)[1]
        offset = op.tensor([units], "int32", scale=product, data=rng.integers(-20000, 20000, units))
    return op, op.finish(
        ops.FULLY_CONNECTED, [source, filters, offset], [target], kinds.FullyConnectedOptions, options)


def pool(rng, code):
    op, options = OneOp(rng), window(schema.Pool2DOptionsT(), rng, 4)
    kernel, extents, channels = rng.integers(1, 5, 2), rng.integers(5, 12, 2), int(rng.integers(1, 9))
    options.filterHeight, options.filterWidth = int(kernel[0]), int(kernel[1])
    source = op.input([1, *extents, channels])
    result = [
        size(extents[0], kernel[0], options.strideH, options.padding),
        size(extents[1], kernel[1], options.strideW, options.padding)]
    target = op.activation([1, *result, channels], *op.of(source)[1:])
    return op, op.finish(code, [source], [target], kinds.Pool2DOptions, options)


@case("AVERAGE_POOL_2D")
def average_pool(rng):
    return pool(rng, ops.AVERAGE_POOL_2D)


@case("MAX_POOL_2D")
def max_pool(rng):
    return pool(rng, ops.MAX_POOL_2D)


@case("TRANSPOSE_CONV")
def transpose_conv(rng):
    op, options = OneOp(rng), schema.TransposeConvOptionsT()
    options.padding, options.strideH, options.strideW = int(rng.integers(0, 2)), *(int(s) for s in rng.integers(1, 4, 2))
    options.fusedActivationFunction = int(rng.choice([0, 1, 3]))
    kernel, extents, own = rng.integers(1, 5, 2), rng.integers(1, 6, 2), int(rng.integers(1, 6))
    channels, strides = int(rng.integers(1, 6)), [options.strideH, options.strideW]
    result = [
        int(e * s if options.padding == 0 else (e - 1) * s + max(k, s))
        for e, s, k in zip(extents, strides, kernel)]
    source = op.input([1, *extents, own])
    shape = op.numbers([1, *result, channels])
    filters = op.tensor(
        [channels, *kernel, own], scale=scales(op, channels), data=weights(rng, [channels, *kernel, own]))
    target = op.activation([1, *result, channels], output_scale(op, own * 4))
    return op, op.finish(
        ops.TRANSPOSE_CONV, [shape, filters, source, bias(op, channels)], [target], kinds.TransposeConvOptions, options)


def unary(rng, code, scale=None, zero=None, low=-3.0, options_type=0, options=None):
    op = OneOp(rng)
    source = op.input([1, 1, 16, 16], op.scale(low, 0), values=np.arange(-128, 128))
    target = op.activation([1, 1, 16, 16], scale, zero)
    return op, op.finish(code, [source], [target], options_type, options)


@case("LOGISTIC")
def logistic(rng):
    return unary(rng, ops.LOGISTIC, 1 / 256, -128)


@case("TANH")
def tanh(rng):
    return unary(rng, ops.TANH, 1 / 128, 0)


@case("HARD_SWISH")
def hard_swish(rng):
    return unary(rng, ops.HARD_SWISH, options_type=kinds.HardSwishOptions, options=schema.HardSwishOptionsT())


@case("LEAKY_RELU")
def leaky_relu(rng):
    options = schema.LeakyReluOptionsT()
    options.alpha = float(rng.uniform(0, 1.5))
    return unary(rng, ops.LEAKY_RELU, options_type=kinds.LeakyReluOptions, options=options)


@case("RELU")
def relu(rng):
    return unary(rng, ops.RELU)


@case("RELU6")
def relu6(rng):
    op = OneOp(rng)
    source = op.input([1, 16, 16], values=np.arange(-128, 128))
    return op, op.finish(ops.RELU6, [source], [op.activation([1, 16, 16], *op.of(source)[1:])])


@case("QUANTIZE")
def quantize(rng):
    return unary(rng, ops.QUANTIZE, options_type=kinds.QuantizeOptions, options=schema.QuantizeOptionsT())


@case("SOFTMAX")
def softmax(rng):
    op, options = OneOp(rng), schema.SoftmaxOptionsT()
    options.beta = float(rng.choice([1.0, 1.0, 0.5, 2.0]))
    shape = [1, int(rng.integers(1, 4)), int(rng.integers(2, 40))]
    source = op.input(shape, op.scale(-3, 0.5))
    return op, op.finish(
        ops.SOFTMAX, [source], [op.activation(shape, 1 / 256, -128)], kinds.SoftmaxOptions, options)


@case("L2_NORMALIZATION")
def l2_normalization(rng):
    op, shape = OneOp(rng), [1, int(rng.integers(1, 4)), int(rng.integers(1, 4)), int(rng.integers(1, 20))]
    source = op.input(shape)
    return op, op.finish(
        ops.L2_NORMALIZATION, [source], [op.activation(shape, 1 / 128, 0)], kinds.L2NormOptions, schema.L2NormOptionsT())
