# SPDX-License-Identifier: Apache-2.0
# Random one-operator models, continued: recurrent operators, at their first run.

import numpy as np
from one_op import OneOp, schema
from operators import case, kinds, ops, weights


@case("UNIDIRECTIONAL_SEQUENCE_LSTM")
def lstm(rng):
    op, options = OneOp(rng), schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    options.cellClip = float(rng.choice([0.0, 0.0, 10.0]))
    options.timeMajor = bool(rng.integers(0, 2))
    steps, features, units = int(rng.integers(1, 6)), int(rng.integers(1, 12)), int(rng.integers(1, 12))
    source = op.input([steps, 1, features] if options.timeMajor else [1, steps, features], op.scale(-2.5, -1.5))
    hidden = op.tensor([1, units], scale=2.0 ** -7, zero=int(rng.choice([0, 0, 5])), variable=True)
    cell = op.tensor([1, units], "int16", scale=2.0 ** int(rng.integers(-15, -8)), zero=0, variable=True)

    def matrix(columns):
        return op.tensor([units, columns], scale=op.scale(-2.5, -1.5), zero=0, data=weights(rng, [units, columns]))

    own, recurrent = [matrix(features) for _ in range(4)], [matrix(units) for _ in range(4)]
    biases = [op.tensor([units], "int32", scale=1.0, data=rng.integers(-3000, 3000, units)) for _ in range(4)]
    inputs = [source, *own, *recurrent, -1, -1, -1, *biases, -1, -1, hidden, cell, -1, -1, -1, -1]
    shape = [steps, 1, units] if options.timeMajor else [1, steps, units]
    target = op.activation(shape, *op.of(hidden)[1:])
    return op, op.finish(
        ops.UNIDIRECTIONAL_SEQUENCE_LSTM, inputs, [target], kinds.UnidirectionalSequenceLSTMOptions, options)


@case("SVDF")
def svdf(rng):
    op, options = OneOp(rng), schema.SVDFOptionsT()
    options.rank = int(rng.integers(1, 4))
    units, memory, features = int(rng.integers(1, 8)), int(rng.integers(1, 8)), int(rng.integers(1, 16))
    filters, kind = units * options.rank, str(rng.choice(["int16", "int8"]))
    source = op.input([1, features])
    feature = op.tensor(
        [filters, features], scale=op.scale(-3, -1), zero=0, data=weights(rng, [filters, features]))
    most = 127 if kind == "int8" else 32767
    time = op.tensor(
        [filters, memory], kind, scale=op.scale(-5, -4), zero=0, data=rng.integers(-most, most, [filters, memory]))
    state = op.tensor([1, memory * filters], kind, scale=op.scale(-3, -1), zero=0, variable=True)
    bias = op.tensor(
        [units], "int32", scale=op.of(state)[1] * op.of(time)[1], data=rng.integers(-20000, 20000, units))
    target = op.activation([1, units], op.of(state)[1] * 10.0 ** rng.uniform(0, 1))
    return op, op.finish(ops.SVDF, [source, feature, time, bias, state], [target], kinds.SVDFOptions, options)
