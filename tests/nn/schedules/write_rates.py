#!/usr/bin/python3
"""Writes rates.json beside it: the learning rates (and momenta) of PyTorch 1.13's schedules in the epochs 0 to 14, for an
optimizer whose groups begin with 0.5 and 0.02. Run: /usr/bin/python3 write_rates.py
"""
import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as S

warnings.simplefilter("ignore")
METRICS = [5, 4, 4, 3.9999, 4, 4, 4, 3, 3.5, 3.5, 3.5, 3.5, float("nan"), 3.5]


def rates(make, metrics=None):
    groups = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    sgd = torch.optim.SGD([{"params": [groups[0]], "lr": 0.5}, {"params": [groups[1]], "lr": 0.02}], momentum=0.9, lr=1)
    schedule = make(sgd)
    kept = {"lr": [], "momentum": []}
    for epoch in range(15):
        kept["lr"].append([g["lr"] for g in sgd.param_groups])
        kept["momentum"].append(sgd.param_groups[0]["momentum"])
        sgd.step()
        if epoch < 14:
            schedule.step(*([] if metrics is None else [metrics[epoch]]))
    if set(kept["momentum"]) == {0.9}:
        del kept["momentum"]
    return kept


all_rates = {
    "lambda": rates(lambda o: S.LambdaLR(o, lambda e: 1 / (1 + e))),
    "multiplicative": rates(lambda o: S.MultiplicativeLR(o, lambda e: 1 - e / 20)),
    "step": rates(lambda o: S.StepLR(o, 4, gamma=0.3)),
    "multi-step": rates(lambda o: S.MultiStepLR(o, [2, 7, 7, 9], gamma=0.3)),
    "constant": rates(lambda o: S.ConstantLR(o, factor=0.2, total_iters=6)),
    "linear": rates(lambda o: S.LinearLR(o, start_factor=0.2, end_factor=0.7, total_iters=6)),
    "exponential": rates(lambda o: S.ExponentialLR(o, 0.8)),
    "polynomial": rates(lambda o: S.PolynomialLR(o, total_iters=9, power=2)),
    "cosine": rates(lambda o: S.CosineAnnealingLR(o, 5, eta_min=0.01)),
    "warm restarts": rates(lambda o: S.CosineAnnealingWarmRestarts(o, 2, T_mult=2, eta_min=0.01)),
    "warm restarts alike": rates(lambda o: S.CosineAnnealingWarmRestarts(o, 4)),
    "cyclic": rates(lambda o: S.CyclicLR(o, 0.1, 0.6, step_size_up=3, step_size_down=4)),
    "cyclic halves": rates(lambda o: S.CyclicLR(o, 0.1, 0.6, step_size_up=2, mode="triangular2")),
    "cyclic range": rates(
        lambda o: S.CyclicLR(o, 0.1, 0.6, step_size_up=3, mode="exp_range", gamma=0.9, cycle_momentum=False)
    ),
    "one cycle": rates(lambda o: S.OneCycleLR(o, 0.7, total_steps=15)),
    "one cycle linear": rates(lambda o: S.OneCycleLR(o, 0.7, total_steps=15, pct_start=0.4, anneal_strategy="linear")),
    "one cycle in three": rates(lambda o: S.OneCycleLR(o, 0.7, total_steps=15, three_phase=True, div_factor=10)),
    "plateau": rates(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1), METRICS),
    "plateau of highest": rates(
        lambda o: S.ReduceLROnPlateau(
            o, mode="max", factor=0.5, patience=0, threshold=0.6, threshold_mode="abs", min_lr=0.01
        ),
        [-m for m in METRICS],
    ),
    "sequential": rates(
        lambda o: S.SequentialLR(
            o,
            [S.LinearLR(o, start_factor=0.1, total_iters=4), S.ExponentialLR(o, 0.7), S.CosineAnnealingLR(o, 4)],
            [4, 9],
        )
    ),
    "chained": rates(
        lambda o: S.ChainedScheduler([S.ConstantLR(o, factor=0.1, total_iters=3), S.ExponentialLR(o, 0.9)])
    ),
    "chained cosine": rates(lambda o: S.ChainedScheduler([S.CosineAnnealingLR(o, 6), S.StepLR(o, 4, gamma=0.5)])),
}
file = pathlib.Path(__file__).with_name("rates.json")
file.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in all_rates.items()) + "\n}\n")
