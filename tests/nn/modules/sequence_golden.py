#!/usr/bin/env python3
"""Writes sequence_golden.hpp: what PyTorch computes in float64 with embeddings and recurrent networks, and how some train.

    tests/nn/modules/sequence_golden.py > tests/nn/modules/sequence_golden.hpp      (needs python3-torch)

All numbers that go in are waves, so that the test makes them again: entry i of wave(k) is sin(0.7 i + k) / 2. The loss is the
sum of each result times a wave: output wave(3), last states wave(4) and wave(6). For each network stand its results and the
gradients of x, of the first states and of all parameters, each as three numbers: the sum, the sum of squares and the sum
weighted by wave(5).
"""
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from waves import digest, fill, show, wave

torch.set_default_dtype(torch.float64)


def entry(name, results, inputs, module):
    loss = sum((y * wave(y.shape, k)).sum() for y, k in zip(results, (3, 4, 6)))
    loss.backward()
    out = sum((digest(t) for t in results), [])
    out += sum((digest(t.grad) for t in inputs), [])
    out += sum((digest(p.grad) for p in module.parameters()), [])
    print(f'    {{"{name}", {show(out)}}},')


def flat(results):
    return [t for r in results for t in (flat(r) if isinstance(r, tuple) else [r])]


def sequence(name, module, shape, states=True, lengths=None):
    """x of this shape; first states if asked for, wave(7) and wave(8)."""
    fill(module)
    x = wave(shape, 0).requires_grad_()
    inputs, directions = [x], 2 if module.bidirectional else 1
    if states:
        batch = [] if len(shape) == 2 else [shape[0] if module.batch_first else shape[1]]
        lead = [module.num_layers * directions] + batch
        h = wave(lead + [module.proj_size or module.hidden_size], 7).requires_grad_()
        c = wave(lead + [module.hidden_size], 8).requires_grad_()
        inputs += [h, c] if isinstance(module, nn.LSTM) else [h]
    first = None if not states else tuple(inputs[1:]) if isinstance(module, nn.LSTM) else inputs[1]
    if lengths:
        steps = shape[1 if module.batch_first else 0]
        packed, last = module(pack_padded_sequence(x, lengths, module.batch_first, enforce_sorted=False), first)
        results = flat((pad_packed_sequence(packed, module.batch_first, total_length=steps)[0], last))
    else:
        results = flat(module(x, first))
    entry(name, results, inputs, module)


def cell(name, module, batch):
    fill(module)
    lead = [batch] if batch else []
    x = wave(lead + [module.input_size], 0).requires_grad_()
    h = wave(lead + [module.hidden_size], 7).requires_grad_()
    c = wave(lead + [module.hidden_size], 8).requires_grad_()
    lstm = isinstance(module, nn.LSTMCell)
    result = module(x, (h, c) if lstm else h)
    entry(name, list(result) if lstm else [result], [x, h, c] if lstm else [x, h], module)


def bags(name, module, index, offsets=None, weights=None):
    fill(module)
    more = [offsets and torch.tensor(offsets), weights] if isinstance(module, nn.EmbeddingBag) else []
    entry(name, [module(torch.tensor(index), *more)], [] if weights is None else [weights], module)


def training(name, net, head, shape, lengths=None):
    both = nn.ModuleList([net, head])
    fill(both)
    x, y = wave(shape, 0), wave((shape[1], head.out_features), 2)
    sgd = torch.optim.SGD(both.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(100):
        sgd.zero_grad()
        if lengths:
            packed = net(pack_padded_sequence(x, lengths, enforce_sorted=False))[0]
            h = pad_packed_sequence(packed, total_length=shape[0])[0].sum(0)
        else:
            h = net(x)[0][-1]
        loss = ((head(h) - y) ** 2).mean()
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    print(f'    {{"{name}", {show(losses + sum((digest(p) for p in both.parameters()), []))}}},')


print("#pragma once\n#include <string>\n#include <utility>\n#include <vector>\n")
print(f"// Written by sequence_golden.py with PyTorch {torch.__version__}.\n// clang-format off")
print("inline const std::vector<std::pair<std::string, std::vector<double>>> sequence_golden = {")
for kind, make in (("RNN", nn.RNN), ("GRU", nn.GRU), ("LSTM", nn.LSTM)):
    sequence(f"{kind}", make(3, 4), (5, 2, 3))
    sequence(f"{kind} without states", make(3, 4), (5, 2, 3), states=False)
    sequence(f"{kind} two layers", make(3, 4, 2, batch_first=True), (2, 5, 3))
    sequence(f"{kind} without bias", make(3, 4, 2, bias=False, bidirectional=True), (5, 2, 3))
    sequence(f"{kind} unbatched", make(3, 4, 2, bidirectional=True), (5, 3))
    sequence(f"{kind} lengths", make(3, 4, 2, bidirectional=True, batch_first=True), (4, 5, 3), lengths=[3, 5, 1, 4])
sequence("RNN relu", nn.RNN(3, 4, 2, nonlinearity="relu", bidirectional=True), (5, 2, 3))
sequence("LSTM projections", nn.LSTM(3, 4, proj_size=2), (5, 2, 3))
sequence("LSTM all", nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True, batch_first=True), (3, 5, 3), lengths=[2, 5, 3])
cell("RNNCell", nn.RNNCell(3, 4), 2)
cell("RNNCell relu", nn.RNNCell(3, 4, nonlinearity="relu"), 2)
cell("GRUCell", nn.GRUCell(3, 4), 2)
cell("GRUCell unbatched", nn.GRUCell(3, 4, bias=False), None)
cell("LSTMCell", nn.LSTMCell(3, 4), 2)
cell("LSTMCell unbatched", nn.LSTMCell(3, 4, bias=False), None)
bags("Embedding", nn.Embedding(5, 3, padding_idx=1), [[1, 4, 0], [4, 2, 1]])
bags("EmbeddingBag sum", nn.EmbeddingBag(5, 3, mode="sum"), [1, 4, 0, 4, 2], [0, 2, 2], wave((5,), 9).requires_grad_())
bags("EmbeddingBag mean", nn.EmbeddingBag(5, 3, padding_idx=0), [[1, 4, 0], [4, 2, 1]])
bags("EmbeddingBag max", nn.EmbeddingBag(5, 3, mode="max", padding_idx=2), [1, 4, 0, 4, 2], [0, 2, 2, 4])
bags("EmbeddingBag last", nn.EmbeddingBag(5, 3, include_last_offset=True), [1, 4, 0, 4, 2], [0, 2, 2, 5])
print("};")
print("inline const std::vector<std::pair<std::string, std::vector<double>>> sequence_training = {")
training("LSTM", nn.LSTM(3, 5, 2), nn.Linear(5, 2), (6, 4, 3))
training("GRU", nn.GRU(3, 5, 2), nn.Linear(5, 2), (6, 4, 3))
training("GRU bidirectional", nn.GRU(3, 4, 2, bidirectional=True), nn.Linear(8, 2), (6, 4, 3), lengths=[6, 2, 4, 5])
training("RNN", nn.RNN(3, 5), nn.Linear(5, 2), (6, 4, 3))
print("};")
