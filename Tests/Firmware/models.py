# SPDX-License-Identifier: Apache-2.0
"""The models that costs and bits are about, as .nnq files, and what nnq measures of them."""
import json
import math
import os
import pathlib
import random
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
NNQ = os.environ.get("NNQ") or str(TREE / ".build/release/nnq")
MODELS = pathlib.Path(os.environ.get("NNQ_MODELS") or TREE / "../shared/models")
BOARDS = TREE / "Sources/NNQTargets/Boards/boards.txt"
CORES = [line.split("|")[0].strip() for line in BOARDS.read_text().splitlines() if line and line[0] != "#"]
MODES = ["interpreter", "compiled"]
SIZE = "interpreter/size"  # The interpreter with a file that is packed for size.
MLPERF = {
    "AD": "anomaly_detection/trained_models/ad01_int8.tflite",
    "KWS": "keyword_spotting/trained_models/kws_ref_model.tflite",
    "VWW": "visual_wake_words/trained_models/vww_96_int8.tflite",
    "IC": "image_classification/trained_models/pretrainedResnet_quant.tflite",
}


def call(*command):
    """What a command prints; the end of this one where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in command)} fails:\n{done.stdout}{done.stderr}")
    return done.stdout


def make(name, folder):
    """The model's .nnq file in a folder; None where the model it comes from is absent."""
    file = folder / f"{name}.nnq"
    if name in MLPERF:
        source = MODELS / "mlperf-tiny" / MLPERF[name]
        if not source.exists():
            return None
        call(NNQ, "import", source, "-o", file)
    elif name == "lenet5":
        call(NNQ, "train", "lenet5", "--data", "digits", "--samples", "2000", "--epochs", "1", "-o", folder / "l.safetensors")
        call(NNQ, "quantize", folder / "l.safetensors", "--calibrate", "digits", "-o", file)
    elif name == "resnet8":
        source = MODELS / "mlperf-tiny/image_classification/trained_models/pretrainedResnet.tflite"
        if not source.exists():
            return None
        call(NNQ, "import", source, "-o", folder / "r.safetensors")
        call(NNQ, "quantize", folder / "r.safetensors", "--calibrate", pictures(folder), "-o", file)
    return file


def pictures(folder):
    """A data set of noise, 32x32x3, enough to choose ranges by, as NumPy's files: the samples', then the classes'."""
    draw = random.Random(1)
    paths = folder / "x.npy", folder / "y.npy"
    for path, shape, last in (paths[0], (16, 32, 32, 3), 255), (paths[1], (16,), 9):
        head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
        head += " " * (-(len(head) + 11) % 64) + "\n"
        values = bytes(draw.randint(0, last) for _ in range(math.prod(shape)))
        path.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + values)
    return f"{paths[0]},{paths[1]}"


def measure(file, core, mode):
    """What `nnq measure` says, as a dictionary."""
    how = ["--pack-for", "size"] if mode == SIZE else ["--mode", mode]
    return json.loads(call(NNQ, "measure", file, "--target", core, *how, "--json"))
