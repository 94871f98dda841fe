#!/usr/bin/python3
"""Writes trajectories.json beside it: what PyTorch 1.13's optimizers make of the gradients in reference.hpp, in float64.

Lion and Muon, which PyTorch 1.13 lacks, are computed in NumPy from their papers. NAdam is its foreach form: the other one
multiplies by mu_t once too often in 1.13, against its documentation. Run: /usr/bin/python3 write_trajectories.py
"""
import json
import pathlib

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
START = [1.5, -0.25, 0.75, 3, -2, 0.01, 100]
STEPS = 12


def gradient(w, t):
    return 0.3 * w - 0.1 * t + 0.05 * np.arange(w.size).reshape(w.shape) - 0.2


def run(step, w):
    """`step(w, g, t)` gives the next w. Kept: the second step and the last."""
    kept = []
    for t in range(1, STEPS + 1):
        w = step(w, gradient(w, t), t)
        if t in (2, STEPS):
            kept.append(w.ravel().tolist())
    return kept


def torch_path(optimizer, **options):
    w = torch.tensor(START, requires_grad=True)
    opt = getattr(torch.optim, optimizer)([w], **options)

    def step(_, g, t):
        w.grad = torch.tensor(g)
        opt.step()
        return w.detach().numpy().copy()

    return run(step, np.array(START))


def lion_path(lr, b1, b2, decay):
    """Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023, algorithm 2."""
    m = np.zeros(len(START))

    def step(w, g, t):
        nonlocal m
        c = b1 * m + (1 - b1) * g
        w = w - lr * (np.sign(c) + decay * w)
        m = b2 * m + (1 - b2) * g
        return w

    return run(step, np.array(START))


def muon_path(shape, lr, mu, decay, nesterov):
    """Jordan et al., 2024, with the details of PyTorch 2.9's torch.optim.Muon."""
    w0 = np.resize(np.array(START), shape)
    m = np.zeros(shape)

    def orthogonal(x):
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        x = x / max(np.sqrt((x * x).sum()), 1e-7)
        for _ in range(5):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        return x.T if tall else x

    def step(w, g, t):
        nonlocal m
        m = mu * m + (1 - mu) * g
        d = orthogonal(mu * m + (1 - mu) * g if nesterov else m)
        return w * (1 - lr * decay) - lr * np.sqrt(max(1, shape[0] / shape[1])) * d

    return run(step, w0)


def lbfgs_path(**options):
    """The Rosenbrock function from (-1.2, 1), five steps."""
    w = torch.tensor([-1.2, 1.0], requires_grad=True)
    opt = torch.optim.LBFGS([w], **options)

    def loss():
        opt.zero_grad()
        f = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        f.backward()
        return f

    kept = []
    for _ in range(5):
        opt.step(loss)
        kept.append(w.detach().tolist())
    return kept


paths = {
    "sgd": torch_path("SGD", lr=0.1),
    "sgd all": torch_path("SGD", lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.1),
    "sgd nesterov": torch_path("SGD", lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    "adam": torch_path("Adam", lr=0.1, weight_decay=0.1),
    "adam amsgrad": torch_path("Adam", lr=0.1, betas=(0.5, 0.7), amsgrad=True),
    "adamw": torch_path("AdamW", lr=0.1, weight_decay=0.1),
    "adamw amsgrad": torch_path("AdamW", lr=0.1, betas=(0.5, 0.7), amsgrad=True),
    "nadam": torch_path("NAdam", lr=0.1, weight_decay=0.1, foreach=True),
    "radam": torch_path("RAdam", lr=0.1, weight_decay=0.1),
    "adamax": torch_path("Adamax", lr=0.1, weight_decay=0.1),
    "adadelta": torch_path("Adadelta", lr=0.5, rho=0.8, weight_decay=0.1),
    "adagrad": torch_path("Adagrad", lr=0.1, lr_decay=0.05, weight_decay=0.1, initial_accumulator_value=0.2),
    "rmsprop": torch_path("RMSprop", lr=0.1, weight_decay=0.1),
    "rmsprop momentum": torch_path("RMSprop", lr=0.1, alpha=0.8, momentum=0.9),
    "rmsprop centered": torch_path("RMSprop", lr=0.01, alpha=0.8, eps=0.1, centered=True),
    "rmsprop all": torch_path("RMSprop", lr=0.01, alpha=0.8, eps=0.1, momentum=0.9, centered=True, weight_decay=0.1),
    "rprop": torch_path("Rprop", lr=0.1),
    "rprop bounds": torch_path("Rprop", lr=0.1, etas=(0.6, 1.5), step_sizes=(0.05, 0.3)),
    "asgd": torch_path("ASGD", lr=0.1, lambd=0.01, alpha=0.6, t0=3, weight_decay=0.1),
    "lion": lion_path(0.1, 0.9, 0.99, 0),
    "lion decay": lion_path(0.1, 0.5, 0.7, 0.1),
    "muon": muon_path((3, 5), 0.1, 0.95, 0.1, True),
    "muon tall": muon_path((5, 2), 0.1, 0.8, 0, False),
    "lbfgs": lbfgs_path(lr=1e-3, max_iter=6),
    "lbfgs wolfe": lbfgs_path(max_iter=4, history_size=3, line_search_fn="strong_wolfe"),
}
file = pathlib.Path(__file__).with_name("trajectories.json")
file.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in paths.items()) + "\n}\n")
