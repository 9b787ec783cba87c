#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizes a small residual network by ONNX Runtime, in several forms, with inputs and outputs for each.

Run it in a virtual environment of its own that has onnx 1.23.2 and onnxruntime 1.32.0. Writes Models/<name>.onnx and
Models/<name>.values: four samples of inputs, then their outputs, as little-endian floats.
"""
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

SAMPLES = 4
RANDOM = np.random.default_rng(7)


def weight(name, *shape):
    scale = np.sqrt(2 / np.prod(shape[1:]))
    return numpy_helper.from_array((RANDOM.standard_normal(shape) * scale).astype(np.float32), name)


def bias(name, count):
    return numpy_helper.from_array((RANDOM.standard_normal(count) * 0.2).astype(np.float32), name)


def network():
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], name="conv1", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node("Relu", ["c1"], ["r1"], name="relu1"),
        node("Conv", ["r1", "wd", "bd"], ["d1"], name="depthwise", group=8, pads=[1, 1, 1, 1], strides=[2, 2],
             kernel_shape=[3, 3]),
        node("Clip", ["d1", "low", "high"], ["d2"], name="clip"),
        node("Conv", ["d2", "w2", "b2"], ["c2"], name="pointwise", kernel_shape=[1, 1]),
        node("Conv", ["r1", "ws", "bs"], ["s"], name="shortcut", kernel_shape=[1, 1], strides=[2, 2]),
        node("Add", ["c2", "s"], ["a"], name="add"),
        node("Relu", ["a"], ["r2"], name="relu2"),
        node("MaxPool", ["r2"], ["p1"], name="max_pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("AveragePool", ["r2"], ["p2"], name="average_pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", ["p1", "p2"], ["j"], name="concat", axis=1),
        node("GlobalAveragePool", ["j"], ["g"], name="global_pool"),
        node("Flatten", ["g"], ["f"], name="flatten"),
        node("Gemm", ["f", "wf", "bf"], ["y"], name="classifier", transB=1),
    ]
    constants = [
        weight("w1", 8, 3, 3, 3), bias("b1", 8), weight("wd", 8, 1, 3, 3), bias("bd", 8), weight("w2", 16, 8, 1, 1),
        bias("b2", 16), weight("ws", 16, 8, 1, 1), bias("bs", 16), weight("wf", 10, 32), bias("bf", 10),
        numpy_helper.from_array(np.float32(0), "low"), numpy_helper.from_array(np.float32(6), "high"),
    ]
    graph = helper.make_graph(
        nodes, "residual", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


class Samples(CalibrationDataReader):
    def __init__(self):
        random = np.random.default_rng(8)
        self.samples = iter([{"x": random.standard_normal((1, 3, 16, 16)).astype(np.float32)} for _ in range(20)])

    def get_next(self):
        return next(self.samples, None)


def main():
    folder = pathlib.Path(__file__).parent / "Models"
    forms = {
        "qdq_int8": (QuantFormat.QDQ, QuantType.QInt8, QuantType.QInt8, True),
        "qdq_uint8": (QuantFormat.QDQ, QuantType.QUInt8, QuantType.QUInt8, False),
        "qlinear_uint8": (QuantFormat.QOperator, QuantType.QUInt8, QuantType.QInt8, True),
    }
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    with tempfile.TemporaryDirectory() as scratch:
        path = f"{scratch}/float.onnx"
        onnx.save(network(), path)
        for name, (form, activations, weights, per_channel) in forms.items():
            quantize_static(path, folder / f"{name}.onnx", Samples(), quant_format=form,
                            activation_type=activations, weight_type=weights, per_channel=per_channel)
            session = onnxruntime.InferenceSession(folder / f"{name}.onnx", options)
            inputs = np.random.default_rng(9).standard_normal((SAMPLES, 1, 3, 16, 16)).astype(np.float32)
            outputs = [session.run(None, {"x": sample})[0] for sample in inputs]
            (folder / f"{name}.values").write_bytes(inputs.tobytes() + np.stack(outputs).astype(np.float32).tobytes())
            print(f"{name}: {(folder / f'{name}.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
