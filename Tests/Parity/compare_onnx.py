# SPDX-License-Identifier: Apache-2.0
# Exported models: what onnxruntime gives for random inputs, and what nnq gives.

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

SAMPLES = 5
LIMIT = 1e-4


def channels_last(array):
    """One sample as nnq has it: maps with their channels innermost."""
    return array[0].transpose(1, 2, 0) if array.ndim == 4 else array[0]


def worst_difference(nnq, folder, model, random):
    """The largest difference of all outputs, as a share of the largest output or of 1."""
    path = lambda name: str(folder / name)
    if model.endswith(".tflite"):
        subprocess.run([nnq, "import", model, "-o", path("model.safetensors")], check=True, stdout=subprocess.DEVNULL)
        model = path("model.safetensors")
    subprocess.run([nnq, "export", model, "-o", path("model.onnx")], check=True, stdout=subprocess.DEVNULL)
    onnx.checker.check_model(onnx.load(path("model.onnx")), full_check=True)
    session = onnxruntime.InferenceSession(path("model.onnx"), providers=["CPUExecutionProvider"])
    worst = 0.0
    for _ in range(SAMPLES):
        given = {
            value.name: random.standard_normal([1] + value.shape[1:]).astype(np.float32)
            for value in session.get_inputs()}
        inputs = []
        for place, value in enumerate(given.values()):
            inputs.append(path(f"input_{place}.bin"))
            channels_last(value).tofile(inputs[-1])
        subprocess.run(
            [nnq, "run", model, *inputs, "-o", path("output.bin")], check=True, stdout=subprocess.DEVNULL)
        found = np.fromfile(path("output.bin"), np.float32)
        expected = channels_last(session.run(None, given)[0]).ravel()
        if found.shape != expected.shape:
            return np.inf
        worst = max(worst, float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max())))
    return worst


def main():
    nnq, models, seed = sys.argv[1], sys.argv[2:], 1
    wrong = 0
    print("seed %d" % seed)
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            worst = worst_difference(nnq, pathlib.Path(folder), model, np.random.default_rng(seed))
        print("%-40s %.1e" % (pathlib.Path(model).name, worst))
        wrong += not worst <= LIMIT
    print("%d cases: %d exported models give onnxruntime's outputs to %g" % (
        len(models), len(models) - wrong, LIMIT))
    sys.exit(wrong > 0)


main()
