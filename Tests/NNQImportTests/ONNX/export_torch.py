#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports a small CNN and a MobileNetV2 block from PyTorch as ONNX, with an input and its outputs for each.

Run it in a virtual environment of its own that has torch 2.13.0 (the build for CPUs) and onnx 1.23.2.

Writes Models/<name>.onnx and Models/<name>.values: the input's values, then the output's, as little-endian floats.
With --check COMMAND, imports each model through `COMMAND import MODEL -o FILE` as well.
"""
import argparse
import pathlib
import struct
import subprocess
import tempfile

import torch
from torch import nn


class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(16 * 7 * 7, 10), nn.Softmax(dim=1))

    def forward(self, x):
        return self.classifier(self.features(x))


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expansion, depthwise convolution, projection, and a sum (Sandler et al., 2018)."""

    def __init__(self, channels, expansion):
        super().__init__()
        hidden = channels * expansion
        self.block = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(),
            nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(),
            nn.Conv2d(hidden, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        return x + self.block(x)


class MobileNetV2Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.block = InvertedResidual(8, 6)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        return self.head(self.block(self.stem(x)).mean([2, 3]))


def randomized(model):
    """A model in inference mode whose batch norms have statistics as if it had been trained."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="COMMAND", help="the nnq command, to import what was exported")
    arguments = parser.parse_args()
    folder = pathlib.Path(__file__).parent / "Models"
    torch.manual_seed(1)
    models = {"small_cnn": (SmallCNN(), (1, 1, 28, 28)), "mobilenet_v2_block": (MobileNetV2Block(), (1, 3, 24, 24))}
    for name, (model, shape) in models.items():
        model = randomized(model)
        value = torch.randn(shape)
        path = folder / f"{name}.onnx"
        torch.onnx.export(model, (value,), path, input_names=["image"], output_names=["scores"], opset_version=17,
                          do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE, dynamo=False)
        with torch.no_grad():
            output = model(value)
        numbers = value.flatten().tolist() + output.flatten().tolist()
        (folder / f"{name}.values").write_bytes(struct.pack(f"<{len(numbers)}f", *numbers))
        print(f"{name}: {path.stat().st_size} bytes of ONNX")
        if arguments.check:
            with tempfile.TemporaryDirectory() as scratch:
                subprocess.run([arguments.check, "import", path, "-o", f"{scratch}/{name}.safetensors"], check=True)


if __name__ == "__main__":
    main()
