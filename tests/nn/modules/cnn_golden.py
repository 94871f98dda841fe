#!/usr/bin/env python3
"""Writes cnn_golden.hpp: what PyTorch computes in float64 with the layers of image networks, and how one trains.

    tests/nn/modules/cnn_golden.py > tests/nn/modules/cnn_golden.hpp      (needs python3-torch)

All numbers that go in are waves, so that the test makes them again: entry i of wave(k) is sin(0.7 i + k) / 2. For each layer
stands its value and, for the cotangent wave(3), the gradients of x and of all parameters, each as three numbers: the sum,
the sum of squares and the sum weighted by wave(5).
"""
import torch
import torch.nn.functional as F
from torch import nn

from waves import digest, fill, show, wave

torch.set_default_dtype(torch.float64)


def layer(name, module, shape, positive=False):
    fill(module)
    x = wave(shape, 0)
    x = (x.abs() + 0.1 if positive else x).requires_grad_()
    y = module(x)
    y.backward(wave(y.shape, 3))
    out = digest(y) + digest(x.grad)
    for p in module.parameters():
        out += digest(p.grad)
    for b in module.buffers():
        out += digest(b.double())
    print(f'    {{"{name}", {show(out)}}},')


def net():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU(),
                         nn.Flatten(), nn.Linear(24, 3))


def training():
    model = net()
    fill(model)
    x, y = wave((6, 1, 10, 10), 0), torch.tensor([0, 1, 2, 0, 1, 2])
    sgd = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(100):
        sgd.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    print(f"inline const std::vector<double> cnn_losses = {show(losses)};")
    numbers = sum((digest(t.double()) for t in model.state_dict().values()), [])
    print(f"inline const std::vector<double> cnn_state = {show(numbers)};")
    model.eval()
    print(f"inline const std::vector<double> cnn_evaluation = {show(model(x).flatten().tolist())};")


print("#pragma once\n#include <string>\n#include <utility>\n#include <vector>\n")
print(f"// Written by cnn_golden.py with PyTorch {torch.__version__}.\n// clang-format off")
print("inline const std::vector<std::pair<std::string, std::vector<double>>> layer_golden = {")
layer("Conv1d", nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), (2, 4, 9))
layer("Conv2d", nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2)), (2, 3, 7, 6))
layer("Conv2d same", nn.Conv2d(2, 3, (4, 3), padding="same", bias=False), (1, 2, 5, 6))
layer("Conv2d reflect", nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), (1, 2, 5, 4))
layer("Conv3d", nn.Conv3d(2, 3, 2, padding=1), (1, 2, 3, 4, 3))
layer("ConvTranspose1d", nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), (2, 4, 5))
layer("ConvTranspose2d", nn.ConvTranspose2d(3, 2, 3, stride=2, dilation=2), (2, 3, 3, 4))
layer("ConvTranspose3d", nn.ConvTranspose3d(2, 3, 2, stride=2), (1, 2, 2, 3, 2))
layer("MaxPool2d", nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (2, 2, 8, 7))
layer("AvgPool2d", nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (2, 2, 8, 7))
layer("LPPool2d", nn.LPPool2d(3, 2, stride=1), (1, 2, 5, 4), positive=True)
layer("AdaptiveAvgPool2d", nn.AdaptiveAvgPool2d((3, 2)), (1, 2, 7, 5))
layer("AdaptiveMaxPool2d", nn.AdaptiveMaxPool2d((3, 2)), (1, 2, 7, 5))
layer("Upsample bilinear", nn.Upsample(scale_factor=(2, 1.5), mode="bilinear"), (1, 2, 4, 5))
layer("Upsample bicubic", nn.Upsample(size=(7, 3), mode="bicubic"), (1, 2, 4, 5))
layer("Upsample aligned", nn.Upsample(size=(7, 3), mode="bicubic", align_corners=True), (1, 2, 4, 5))
layer("Upsample nearest", nn.Upsample(size=7), (1, 2, 4))
layer("PixelShuffle", nn.PixelShuffle(2), (1, 8, 2, 3))
layer("Unfold", nn.Unfold((2, 3), dilation=(2, 1), padding=1, stride=2), (2, 2, 6, 5))
layer("Fold", nn.Fold((5, 6), (2, 3), padding=1, stride=2), (2, 12, 9))
layer("BatchNorm1d", nn.BatchNorm1d(4), (5, 4))
layer("BatchNorm2d", nn.BatchNorm2d(3, momentum=0.3), (2, 3, 4, 5))
layer("BatchNorm3d mean", nn.BatchNorm3d(2, momentum=None), (2, 2, 3, 2, 2))
layer("InstanceNorm2d", nn.InstanceNorm2d(3, affine=True), (2, 3, 4, 5))
layer("InstanceNorm2d tracked", nn.InstanceNorm2d(3, momentum=0.3, affine=True, track_running_stats=True), (2, 3, 4, 5))
layer("LayerNorm", nn.LayerNorm((3, 4)), (2, 5, 3, 4))
layer("GroupNorm", nn.GroupNorm(2, 6), (2, 6, 3, 2))
layer("LocalResponseNorm", nn.LocalResponseNorm(3, alpha=0.5, k=2.0), (2, 5, 3, 2))
print("};")
training()
