#!/usr/bin/python3
"""Writes torch.json beside it: what PyTorch 1.13 computes for the registry's instances, in float64 and evaluation.

    XGRAD_LIST_MODULES=/tmp/modules.json build/release/tests/xgrad_tests -tc="modules: values*"
    /usr/bin/python3 tests/nn/registry/write_torch.py /tmp/modules.json

Parameters and the vectors of spectral_norm are waves in the order of their names: entry i of wave(k) is sin(0.7 i + k) / 2. For each instance stand the
names and shapes of its state, and the value and, for the cotangent wave(3), the gradients of inputs and parameters, each as
three numbers: the sum, the sum of squares and the sum weighted by wave(5).
"""
import json
import pathlib
import sys

import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).parents[1] / "modules"))
from waves import digest, wave  # noqa: E402

torch.set_default_dtype(torch.float64)


def tensor(given):
    t = torch.tensor(given["numbers"], dtype=getattr(torch, given["dtype"])).reshape(given["shape"])
    return t.requires_grad_(given["gradient"])


def first(result):
    return first(result[0]) if isinstance(result, tuple) else result


def measured(expression, inputs):
    module = eval(expression, vars(nn) | {"nn": nn, "torch": torch})
    with torch.no_grad():
        vectors = [(name, b) for name, b in module.named_buffers() if name.endswith(("weight_u", "weight_v"))]
        for k, (_, p) in enumerate(sorted([*module.named_parameters(), *vectors])):
            p.copy_(wave(p.shape, k + 1))
    module.eval()
    x = [tensor(given) for given in inputs]
    y = first(module(*x))
    y.backward(wave(y.shape, 3))
    numbers = {"value": digest(y)}
    numbers |= {f"input {i}": digest(t.grad) for i, t in enumerate(x) if t.grad is not None}
    numbers |= {name: digest(p.grad) for name, p in module.named_parameters() if p.grad is not None}
    return {"state": {name: list(t.shape) for name, t in module.state_dict().items()}, "numbers": numbers}


instances = json.loads(pathlib.Path(sys.argv[1]).read_text())
kept = {i["torch"]: measured(i["torch"], i["inputs"]) for i in instances}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(kept[name])}" for name in sorted(kept))
(pathlib.Path(__file__).parent / "torch.json").write_text("{\n" + lines + "\n}\n")
