#!/usr/bin/python3
"""Writes losses.json beside it: PyTorch 1.13's losses and their gradients by the first operand, in float64.

Focal and dice losses, which it lacks, are NumPy programs of their papers with gradients by central differences of 1e-5,
which agree to 1e-9. Run: /usr/bin/python3 write_losses.py
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(7)
N, C = 4, 3
X = rng.normal(size=(N, C)).round(3)
Y = rng.normal(size=(N, C)).round(3)
P = rng.uniform(0.05, 0.95, size=(N, C)).round(3)
Q = rng.uniform(0.05, 0.95, size=(N, C)).round(3)
Q /= Q.sum(1, keepdims=True)
WC = np.array([0.5, 2.0, 1.25])
T = np.array([2, 0, 1, 2])
TI = np.array([2, -100, 1, 2])
S = np.array([1, -1, -1, 1])
SS = np.array([[1, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, 1]])
ML = np.array([[2, -1, 0], [0, 1, -1], [-1, 0, 1], [1, 2, 0]])
X3 = rng.normal(size=(2, C, 2)).round(3)
T3 = np.array([[0, 2], [1, 1]])
CTC = rng.normal(size=(6, 3, 4)).round(3)
CTC_T = np.array([[1, 2, 2], [3, 1, 1], [2, 2, 2]])
IN, TL = np.array([6, 5, 3]), np.array([3, 2, 2])


def tensors(values):
    return [torch.tensor(v) for v in values]


def case(f, *operands):
    """Value and gradient of the loss for each reduction."""
    kept = {"operands": [np.asarray(o).tolist() for o in operands]}
    for reduction in ("none", "mean", "sum"):
        x, *rest = tensors(operands)
        x.requires_grad_()
        loss = f(x, *rest, reduction)
        (loss * torch.arange(1.0, loss.numel() + 1).reshape(loss.shape)).sum().backward()
        kept[reduction] = [loss.detach().reshape(-1).tolist(), x.grad.reshape(-1).tolist()]
    return kept


def numpy_case(f, *operands):
    kept = {"operands": [np.asarray(o).tolist() for o in operands]}
    x, *rest = operands
    for reduction in ("none", "mean", "sum"):

        def loss(x):
            losses = f(x, *rest)
            return {"none": losses, "mean": losses.mean(), "sum": losses.sum()}[reduction]

        def total(x):
            losses = np.asarray(loss(x))
            return (losses.ravel() * np.arange(1.0, losses.size + 1)).sum()

        gradient = []
        for i in range(x.size):
            h = np.zeros(x.size)
            h[i] = 1e-5
            h = h.reshape(x.shape)
            gradient.append((total(x + h) - total(x - h)) / 2e-5)
        kept[reduction] = [np.asarray(loss(x)).ravel().tolist(), gradient]
    return kept


def focal(x, t, alpha=0.25, gamma=2):
    """Lin et al., Focal loss for dense object detection, ICCV 2017, formula 5."""
    p = 1 / (1 + np.exp(-x))
    pt = np.where(t == 1, p, 1 - p)
    at = np.where(t == 1, alpha, 1 - alpha)
    return -at * (1 - pt) ** gamma * np.log(pt)


def dice(y, t, smooth=1):
    """Sudre et al., Generalised Dice overlap, DLMIA 2017, for one class, with a smoothing term."""
    return 1 - (2 * (y * t).sum(1) + smooth) / (y.sum(1) + t.sum(1) + smooth)


W = torch.tensor(WC)
cases = {
    "cross_entropy": case(lambda x, t, r: F.cross_entropy(x, t, reduction=r), X, T),
    "cross_entropy ignored": case(lambda x, t, r: F.cross_entropy(x, t, reduction=r), X, TI),
    "cross_entropy all": case(
        lambda x, t, r: F.cross_entropy(x, t, weight=W, label_smoothing=0.2, reduction=r), X, TI
    ),
    "cross_entropy probabilities": case(
        lambda x, t, r: F.cross_entropy(x, t, weight=W, label_smoothing=0.2, reduction=r), X, Q
    ),
    "cross_entropy images": case(lambda x, t, r: F.cross_entropy(x, t, weight=W, reduction=r), X3, T3),
    "nll_loss": case(lambda x, t, r: F.nll_loss(x, t, weight=W, reduction=r), X, TI),
    "mse_loss": case(lambda x, t, r: F.mse_loss(x, t, reduction=r), X, Y),
    "l1_loss": case(lambda x, t, r: F.l1_loss(x, t, reduction=r), X, Y),
    "huber_loss": case(lambda x, t, r: F.huber_loss(x, t, delta=0.7, reduction=r), X, Y),
    "smooth_l1_loss": case(lambda x, t, r: F.smooth_l1_loss(x, t, beta=0.7, reduction=r), X, Y),
    "binary_cross_entropy": case(lambda x, t, r: F.binary_cross_entropy(x, t, weight=W, reduction=r), P, Q),
    "binary_cross_entropy_with_logits": case(
        lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, weight=W, pos_weight=W * 3, reduction=r), X, Q
    ),
    "kl_div": case(lambda x, t, r: F.kl_div(x, t, reduction=r), X, Q),
    "kl_div log": case(lambda x, t, r: F.kl_div(x, t, log_target=True, reduction=r), X, Y),
    "hinge_embedding_loss": case(lambda x, t, r: F.hinge_embedding_loss(x, t, margin=0.6, reduction=r), X, SS),
    "soft_margin_loss": case(lambda x, t, r: F.soft_margin_loss(x, t, reduction=r), X, SS.astype(float)),
    "poisson_nll_loss": case(
        lambda x, t, r: F.poisson_nll_loss(x, t, log_input=False, full=True, eps=0.1, reduction=r), P, P[::-1] * 5
    ),
    "poisson_nll_loss log": case(lambda x, t, r: F.poisson_nll_loss(x, t, reduction=r), X, P * 5),
    "gaussian_nll_loss": case(lambda x, t, v, r: F.gaussian_nll_loss(x, t, v, full=True, reduction=r), X, Y, P),
    "margin_ranking_loss": case(lambda x, y, t, r: F.margin_ranking_loss(x, y, t, margin=0.3, reduction=r), X, Y, SS),
    "cosine_embedding_loss": case(
        lambda x, y, t, r: F.cosine_embedding_loss(x, y, t, margin=-0.5, reduction=r), X, Y, S
    ),
    "triplet_margin_loss": case(
        lambda a, p, n, r: F.triplet_margin_loss(a, p, n, margin=2, swap=True, reduction=r), X, Y, P
    ),
    "triplet_margin_loss p": case(lambda a, p, n, r: F.triplet_margin_loss(a, p, n, p=3, reduction=r), X, Y, P),
    "multi_margin_loss": case(lambda x, t, r: F.multi_margin_loss(x, t, weight=W, reduction=r), X, T),
    "multi_margin_loss squared": case(lambda x, t, r: F.multi_margin_loss(x, t, p=2, margin=0.5, reduction=r), X, T),
    "multilabel_margin_loss": case(lambda x, t, r: F.multilabel_margin_loss(x, t, reduction=r), X, ML),
    "multilabel_soft_margin_loss": case(
        lambda x, t, r: F.multilabel_soft_margin_loss(x, t, weight=W, reduction=r), X, (Q > 0.3).astype(float)
    ),
    "ctc_loss": case(
        # Of logits: PyTorch's gradient by log_probabilities takes for granted that they come from log_softmax
        lambda x, t, i, n, r: F.ctc_loss(F.log_softmax(x, 2), t, i, n, reduction=r),
        CTC,
        CTC_T,
        IN,
        TL,
    ),
    "focal_loss": numpy_case(focal, X, (Q > 0.3).astype(float)),
    "dice_loss": numpy_case(dice, P, Q),
}
file = pathlib.Path(__file__).with_name("losses.json")
file.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in cases.items()) + "\n}\n")
