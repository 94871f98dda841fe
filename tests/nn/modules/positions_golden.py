#!/usr/bin/env python3
"""Writes positions_golden.json: positional encodings by the formulas of their papers, in float64 NumPy.

    tests/nn/modules/positions_golden.py > tests/nn/modules/positions_golden.json

Sinusoidal: Vaswani et al., NIPS 2017, section 3.5. Rotary: Su et al., RoFormer, 2021, equation 15 (the matrix of rotations, here
written out as one); "halves" pairs entry i with i + width / 2.
"""
import json

import numpy as np


def wave(shape, k):
    return (np.sin(0.7 * np.arange(np.prod(shape)) + k) / 2).reshape(shape)


def sinusoidal(length, d):
    pe = np.zeros((length, d))
    for p in range(length):
        for e in range(d):
            i = e // 2
            pe[p, e] = np.sin(p / 10000 ** (2 * i / d)) if e % 2 == 0 else np.cos(p / 10000 ** (2 * i / d))
    return pe


def rotation(position, d, base, pair):
    r = np.zeros((d, d))
    for i in range(d // 2):
        a, b = pair(i)
        t = position * base ** (-2 * i / d)
        r[a, a], r[a, b], r[b, a], r[b, b] = np.cos(t), -np.sin(t), np.sin(t), np.cos(t)
    return r


golden = {"sinusoidal": sinusoidal(7, 5).ravel().tolist()}
x, g, offset, base, d = wave((2, 4, 6), 0), wave((2, 4, 6), 3), 3, 100, 6
for name, pair in (("rotary", lambda i: (2 * i, 2 * i + 1)), ("rotary halves", lambda i: (i, i + d // 2))):
    r = np.stack([rotation(p + offset, d, base, pair) for p in range(4)])
    golden[name] = np.einsum("pij,bpj->bpi", r, x).ravel().tolist()
    golden[name + " gradient"] = np.einsum("pij,bpi->bpj", r, g).ravel().tolist()
print(json.dumps(golden, indent=0))
