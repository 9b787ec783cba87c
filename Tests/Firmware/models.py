# SPDX-License-Identifier: Apache-2.0
"""The models that costs and bits are about, as .nnq files, and what nnq measures of them."""
import json
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
    """A data set of noise, enough to choose ranges by: one row a picture, its class last."""
    draw = random.Random(1)
    path = folder / "pictures.csv"
    with open(path, "w") as file:
        for index in range(16):
            file.write(",".join(str(draw.randrange(256)) for _ in range(3072)) + f",{index % 10}\n")
    return path


def measure(file, core, mode):
    """What `nnq measure` says, as a dictionary."""
    return json.loads(call(NNQ, "measure", file, "--target", core, "--mode", mode, "--json"))
