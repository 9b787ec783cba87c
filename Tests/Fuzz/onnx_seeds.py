#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes importers-corpus/onnx: a tiny model for each of the usual operators. Needs onnx 1.23.2 and numpy."""
import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent / "importers-corpus/onnx"
F = np.float32


def write(name, nodes, shape, constants=(), opset=17):
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    initializers = [numpy_helper.from_array(np.asarray(values), key) for key, values in constants]
    graph = helper.make_graph(nodes, name, [given], [result], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def one(operator, shape, *constants, opset=17, **attributes):
    names = [f"c{index}" for index in range(len(constants))]
    node = helper.make_node(operator, ["x", *names], ["y"], **attributes)
    write(operator, [node], shape, list(zip(names, constants)), opset)


FOLDER.mkdir(parents=True, exist_ok=True)
MAP, VECTOR = [1, 2, 4, 4], [1, 6]
for operator in ["Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Elu", "Softplus", "Abs", "Neg", "GlobalAveragePool",
                 "GlobalMaxPool", "Flatten", "Softmax", "Identity", "Dropout", "ReduceMean", "Shape"]:
    one(operator, MAP)
one("Conv", MAP, np.ones([3, 2, 3, 3], F), np.zeros(3, F), pads=[1, 1, 1, 1], strides=[2, 2])
one("ConvTranspose", MAP, np.ones([2, 3, 2, 2], F), strides=[2, 2])
one("MaxPool", MAP, kernel_shape=[2, 2], ceil_mode=1)
one("AveragePool", MAP, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
one("BatchNormalization", MAP, *(np.ones(2, F) for _ in range(4)))
one("Gemm", VECTOR, np.ones([6, 3], F), np.zeros(3, F))
one("MatMul", VECTOR, np.ones([6, 3], F))
for operator in ["Add", "Sub", "Mul", "Div", "Max", "Min"]:
    one(operator, MAP, np.ones([2, 1, 1], F))
one("Clip", MAP, F(0), F(6))
one("PRelu", MAP, np.ones([2, 1, 1], F))
one("Concat", MAP, np.ones(MAP, F), axis=1)
one("Reshape", MAP, np.array([1, -1], np.int64))
one("Transpose", MAP, perm=[0, 2, 3, 1])
one("Squeeze", [1, 4, 1], np.array([2], np.int64))
one("Unsqueeze", VECTOR, np.array([2], np.int64))
one("Slice", MAP, *(np.array(values, np.int64) for values in ([0, 1], [4, 4], [2, 3], [1, 2])))
one("Pad", MAP, np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
one("Split", MAP, axis=1, opset=11)
one("Resize", MAP, np.zeros(0, F), np.array([1, 1, 2, 2], F), mode="linear")
one("ReduceSum", MAP, np.array([2, 3], np.int64), keepdims=0)
one("ArgMax", VECTOR, axis=1)
one("Gather", [1, 4], np.array([0, 2], np.int64), axis=1)
one("Expand", [1, 1, 4], np.array([1, 3, 4], np.int64))
one("Cast", VECTOR, to=1)
one("DepthToSpace", [1, 4, 2, 2], blocksize=2)
one("LSTM", [3, 1, 2], np.ones([1, 8, 2], F), np.ones([1, 8, 2], F), np.zeros([1, 16], F), hidden_size=2)
one("GRU", [3, 1, 2], np.ones([1, 6, 2], F), np.ones([1, 6, 2], F), np.zeros([1, 12], F), hidden_size=2)
one("InstanceNormalization", MAP, np.ones(2, F), np.zeros(2, F))
one("LayerNormalization", VECTOR, np.ones(6, F), np.zeros(6, F))
scale, zero = F(0.05), np.int8(3)
write("QDQ", [
    helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
    helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
    helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["f"]),
    helper.make_node("Conv", ["d", "f"], ["c"]),
    helper.make_node("QuantizeLinear", ["c", "s", "z"], ["r"]),
    helper.make_node("DequantizeLinear", ["r", "s", "z"], ["y"]),
], MAP, [("s", scale), ("z", zero), ("w", np.ones([3, 2, 3, 3], np.int8)), ("ws", F(0.01)), ("wz", np.int8(0))])
