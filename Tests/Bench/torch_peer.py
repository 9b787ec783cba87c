# SPDX-License-Identifier: Apache-2.0
# PyTorch's side of train_vs_pytorch: reads lines "MODEL.FORMAT STEPS", answers each with its seconds.
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import torch
from torch import nn
from torch.nn import functional as F


class ResNet8(nn.Module):
    """MLPerf Tiny's ResNet-8."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.main1 = self.stack(16, 16, 1)
        self.main2, self.short2 = self.stack(16, 32, 2), nn.Conv2d(16, 32, 1, stride=2)
        self.main3, self.short3 = self.stack(32, 64, 2), nn.Conv2d(32, 64, 1, stride=2)
        self.last = nn.Linear(64, 10)

    @staticmethod
    def stack(inputs, filters, stride):
        return nn.Sequential(
            nn.Conv2d(inputs, filters, 3, stride=stride, padding=1), nn.BatchNorm2d(filters), nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, padding=1), nn.BatchNorm2d(filters))

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(self.main1(x) + x)
        x = F.relu(self.main2(x) + self.short2(x))
        x = F.relu(self.main3(x) + self.short3(x))
        return self.last(F.avg_pool2d(x, 8).flatten(1))


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5),
        nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(inplace=True),
        nn.Linear(120, 84), nn.ReLU(inplace=True), nn.Linear(84, 10))


class Bench:
    def __init__(self, model, shape, memory_format):
        self.model = model.to(memory_format=memory_format).train()
        self.inputs = torch.randn(64, *shape).to(memory_format=memory_format)
        self.labels = torch.arange(64) % 10
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, fused=True)

    def seconds(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(self.model(self.inputs), self.labels).backward()
            self.optimizer.step()
        return time.perf_counter() - start


torch.manual_seed(1)
torch.set_num_threads(int(sys.argv[1]))
BENCHES = {}
for name, memory_format in (("channels_last", torch.channels_last), ("contiguous", torch.contiguous_format)):
    BENCHES[f"lenet5.{name}"] = Bench(lenet5(), (1, 28, 28), memory_format)
    BENCHES[f"resnet8.{name}"] = Bench(ResNet8(), (3, 32, 32), memory_format)
for line in sys.stdin:
    model, steps = line.split()
    print(BENCHES[model].seconds(int(steps)), flush=True)
