#!/usr/bin/python3
"""Writes init.json beside it: moments of PyTorch 1.13's initialisers over 60000 numbers, and its gains.

For each: mean, standard deviation, least and largest number, and the share of zeros. Run: /usr/bin/python3 write_init.py
"""
import json
import pathlib

import torch
from torch.nn import init

SHAPE = (200, 100, 3)  # fan_in = 300, fan_out = 600


def moments(f, shape=SHAPE):
    torch.manual_seed(1)
    w = torch.empty(shape, dtype=torch.float64)
    f(w)
    return [w.mean().item(), w.std(unbiased=False).item(), w.min().item(), w.max().item(), (w == 0).double().mean().item()]


kept = {
    "uniform": moments(lambda w: init.uniform_(w, -1, 3)),
    "normal": moments(lambda w: init.normal_(w, 2, 3)),
    "trunc_normal": moments(lambda w: init.trunc_normal_(w, 0.5, 2, -1, 3)),
    "constant": moments(lambda w: init.constant_(w, 0.25)),
    "xavier_uniform": moments(lambda w: init.xavier_uniform_(w, 2)),
    "xavier_normal": moments(lambda w: init.xavier_normal_(w, 2)),
    "kaiming_uniform": moments(lambda w: init.kaiming_uniform_(w, 0.3, "fan_out")),
    "kaiming_normal": moments(lambda w: init.kaiming_normal_(w, 0.3)),
    "orthogonal": moments(lambda w: init.orthogonal_(w, 3)),
    "sparse": moments(lambda w: init.sparse_(w, 0.3, 2), (300, 200)),
    "eye": moments(init.eye_, (300, 200)),
    "dirac": moments(lambda w: init.dirac_(w, 2)),
    "gains": [init.calculate_gain(n) for n in ("linear", "conv1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")],
}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in kept.items())
(pathlib.Path(__file__).parent / "init.json").write_text("{\n" + lines + "\n}\n")
