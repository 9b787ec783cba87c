# SPDX-License-Identifier: Apache-2.0
"""The other side of int8_vs_litert: a network that nnq trained as a Keras model, and LiteRT's int8 of it.

  litert_peer.py MODEL.safetensors DATA FOLDER

Prints one JSON object: accuracy on the test set of DATA in FOLDER, in float by TensorFlow and in int8 by LiteRT.
"""
import gzip
import json
import os
import pathlib
import struct
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

CALIBRATION = 1000
BATCH = 100


def read(path):
    """Header and tensors of a .safetensors file of floats."""
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return header["__metadata__"], tensors


def idx(path):
    data = gzip.decompress(path.read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def images(data, folder):
    """Training images (as many as are calibrated on), test images as [count, height, width, channels], test labels."""
    if data == "cifar-10":
        def batch(name):
            rows = np.frombuffer((folder / name).read_bytes(), np.uint8).reshape(-1, 3073)
            return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0]
        return batch("data_batch_1.bin")[0][:CALIBRATION], *batch("test_batch.bin")
    training = idx(folder / "train-images-idx3-ubyte.gz")[:CALIBRATION, ..., None]
    return training, idx(folder / "t10k-images-idx3-ubyte.gz")[..., None], idx(folder / "t10k-labels-idx1-ubyte.gz")


def pair(extents):
    return extents["height"], extents["width"]


def layer(kind, settings, name, tensors):
    """A Keras layer with its weights in Keras's order, or None where the layer does nothing."""
    keras, layers = [], tf.keras.layers
    window = settings.get("window") or settings.get("_0") or {}
    spatial = {}
    if isinstance(window, dict) and "kernel" in window:
        spatial = {"strides": pair(window["stride"]), "padding": list(window["padding"])[0]}
    if kind in ("conv2D", "depthwiseConv2D", "dense"):
        weight = tensors[f"{name}.weight"]
        axes = {"conv2D": (1, 2, 3, 0), "depthwiseConv2D": (1, 2, 0, 3), "dense": (1, 0)}[kind]
        keras = [weight.transpose(axes)] + ([tensors[f"{name}.bias"]] if settings["bias"] else [])
    if kind == "conv2D":
        assert settings["groups"] == 1 and pair(window["dilation"]) == (1, 1), "only plain convolutions"
        made = layers.Conv2D(settings["filters"], pair(window["kernel"]), use_bias=settings["bias"], **spatial)
    elif kind == "depthwiseConv2D":
        assert settings["multiplier"] == 1
        made = layers.DepthwiseConv2D(pair(window["kernel"]), use_bias=settings["bias"], **spatial)
    elif kind == "dense":
        made = layers.Dense(settings["units"], use_bias=settings["bias"])
    elif kind == "batchNorm":
        made = layers.BatchNormalization(epsilon=settings["epsilon"])
        keras = [tensors[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    elif kind == "activation":
        made = {"relu": layers.ReLU(), "relu6": layers.ReLU(max_value=6)}[list(settings["_0"])[0]]
    elif kind == "maxPool":
        made = layers.MaxPool2D(pair(window["kernel"]), **spatial)
    elif kind == "dropout":
        return None
    else:
        made = {
            "add": layers.Add, "flatten": layers.Flatten, "globalAveragePool": layers.GlobalAveragePooling2D,
            "softmax": layers.Softmax}[kind]()
    return made, keras


def network(metadata, tensors):
    graph = json.loads(metadata["nnq.graph"])
    values = []
    for node in graph["nodes"]:
        kind, settings = next(iter(node["layer"].items()))
        inputs = [values[index] for index in node["inputs"]]
        if kind == "input":
            values.append(tf.keras.Input(settings["_0"]))
            continue
        made = layer(kind, settings, node["name"], tensors)
        if made is None:
            values.append(inputs[0])
            continue
        values.append(made[0](inputs if kind == "add" else inputs[0]))
        made[0].set_weights(made[1])
    return tf.keras.Model(values[0], values[graph["outputs"][0]])


def int8(model, calibration):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def accuracy(file, test, labels):
    interpreter = tf.lite.Interpreter(model_content=file, num_threads=1)
    (entry,), (end,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(entry["index"], [BATCH, *test.shape[1:]])
    interpreter.allocate_tensors()
    scale, zero_point = entry["quantization"]
    hits = 0
    for first in range(0, len(test), BATCH):
        values = np.rint(test[first:first + BATCH] / scale) + zero_point
        interpreter.set_tensor(entry["index"], np.clip(values, -128, 127).astype(np.int8))
        interpreter.invoke()
        hits += int((interpreter.get_tensor(end["index"]).argmax(1) == labels[first:first + BATCH]).sum())
    return hits / len(test)


def main(path, data, folder):
    metadata, tensors = read(path)
    normalization = json.loads(metadata["nnq.metadata"])["normalization"]
    mean, std = (np.array(normalization[key], np.float32) for key in ("mean", "std"))
    calibration, test, labels = images(data, pathlib.Path(folder))
    calibration, test = ((part.astype(np.float32) - mean) / std for part in (calibration, test))
    model = network(metadata, tensors)
    hits = (model.predict(test, batch_size=BATCH, verbose=0).argmax(1) == labels).sum()
    print(json.dumps({"float": int(hits) / len(test), "int8": accuracy(int8(model, calibration), test, labels)}))


main(*sys.argv[1:])
