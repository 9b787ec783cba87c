# SPDX-License-Identifier: Apache-2.0
# Builds .tflite files of one operator, and runs them with TensorFlow Lite Micro's interpreter.

import flatbuffers
import numpy as np
from tflite_micro.python.tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

NUMPY = {"int8": np.int8, "int16": np.int16, "int32": np.int32, "float32": np.float32}
TYPE = {
    "int8": schema.TensorType.INT8, "int16": schema.TensorType.INT16, "int32": schema.TensorType.INT32,
    "float32": schema.TensorType.FLOAT32,
}


class OneOp:
    """A model of one operator with random tensors; the operator and its name are given to `finish`."""

    def __init__(self, rng):
        self.rng = rng
        self.tensors, self.buffers, self.given = [], [schema.BufferT()], []

    def scale(self, low=-3.0, high=0.0):
        return float(np.float32(10.0 ** self.rng.uniform(low, high)))

    def zero(self):
        return int(self.rng.choice([-128, 127, 0, self.rng.integers(-128, 128)]))

    def tensor(self, shape, kind="int8", scale=None, zero=None, data=None, axis=0, variable=False):
        """Adds a tensor and returns its index; `data` makes it a constant."""
        tensor = schema.TensorT()
        tensor.shape = [int(extent) for extent in shape]
        tensor.type = TYPE[kind]
        tensor.name = "tensor_%d" % len(self.tensors)
        tensor.isVariable = variable
        tensor.buffer = 0
        if scale is not None:
            quantization = schema.QuantizationParametersT()
            quantization.scale = [float(value) for value in np.atleast_1d(scale)]
            zeros = np.atleast_1d(zero if zero is not None else 0)
            quantization.zeroPoint = [int(value) for value in np.resize(zeros, len(quantization.scale))]
            quantization.quantizedDimension = axis
            tensor.quantization = quantization
        if data is not None:
            buffer = schema.BufferT()
            values = np.ascontiguousarray(np.asarray(data, NUMPY[kind]))
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def activation(self, shape, scale=None, zero=None):
        """An int8 tensor that is computed or given."""
        scale = self.scale() if scale is None else scale
        return self.tensor(shape, scale=scale, zero=self.zero() if zero is None else zero)

    def input(self, shape, scale=None, zero=None, kind="int8", values=None):
        """An input of the model, with random values."""
        index = self.activation(shape, scale, zero) if kind == "int8" else self.tensor(shape, kind)
        if values is None:
            values = self.rng.integers(-128, 128, shape)
        self.given.append((index, np.asarray(values, NUMPY[kind]).reshape(shape)))
        return index

    def constant(self, shape, scale=None, zero=None):
        """A constant int8 operand."""
        values = self.rng.integers(-128, 128, shape)
        return self.tensor(
            shape, scale=self.scale() if scale is None else scale, zero=self.zero() if zero is None else zero,
            data=values)

    def numbers(self, values):
        """A constant list of int32 numbers."""
        return self.tensor(np.shape(values), "int32", data=values)

    def of(self, index):
        """Shape, scale and zero point of a tensor."""
        tensor = self.tensors[index]
        return tensor.shape, tensor.quantization.scale[0], tensor.quantization.zeroPoint[0]

    def finish(self, code, inputs, outputs, options_type=0, options=None, result=0):
        """The file's bytes; `result` is which of the outputs the model returns."""
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = 0, inputs, outputs
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, [operator]
        graph.inputs, graph.outputs = [index for index, _ in self.given], [outputs[result]]
        kind = schema.OperatorCodeT()
        kind.builtinCode, kind.deprecatedBuiltinCode, kind.version = code, min(code, 127), 1
        model = schema.ModelT()
        model.version, model.buffers, model.subgraphs, model.operatorCodes = 3, self.buffers, [graph], [kind]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def run(model, given):
    """The bytes of the model's output for these inputs, or None where TensorFlow Lite Micro refuses the model."""
    try:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
        for place, (_, values) in enumerate(given):
            interpreter.set_input(values, place)
        interpreter.invoke()
        return np.array(interpreter.get_output(0)).tobytes()
    except (RuntimeError, ValueError):
        return None
