#!/usr/bin/env python3
"""Writes transformer_golden.json: what PyTorch computes in float64 with attention and the layers of transformers, and how
they train.

    tests/nn/modules/transformer_golden.py > tests/nn/modules/transformer_golden.json      (needs python3-torch)

All numbers that go in are waves (waves.py). For each module stand digests of its value, of the gradients of its inputs for the
cotangent wave(3), and of those of all parameters; for a training the loss of each of a hundred steps of SGD with momentum,
then digests of the parameters.
"""
import json

import torch
from torch import nn

from waves import digest, fill, wave

torch.set_default_dtype(torch.float64)
golden = {}


def ignored(shape):
    """A boolean mask that leaves every row its first entry."""
    count = torch.Size(shape).numel()
    mask = (torch.arange(count) % 3 == 1).reshape(shape)
    mask[..., 0] = False
    return mask


def causal(n):
    return torch.triu(torch.ones(n, n), 1).bool()


def record(name, module, call, *shapes):
    fill(module)
    module.train()
    xs = [wave(s, k / 4).requires_grad_() for k, s in enumerate(shapes)]
    ys = call(module, *xs)
    ys = ys if isinstance(ys, tuple) else (ys,)
    sum((y * wave(y.shape, 3)).sum() for y in ys if y is not None).backward()
    numbers = []
    for t in [y for y in ys if y is not None] + [x.grad for x in xs] + [p.grad for p in module.parameters()]:
        numbers += digest(t)
    golden[name] = numbers


def train(name, module, call, target_shape, *shapes):
    fill(module)
    module.train()
    xs = [wave(s, k / 4) for k, s in enumerate(shapes)]
    target = wave(target_shape, 2)
    sgd = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    numbers = []
    for _ in range(100):
        sgd.zero_grad()
        loss = ((call(module, *xs) - target) ** 2).mean()
        loss.backward()
        sgd.step()
        numbers.append(loss.item())
    for p in module.parameters():
        numbers += digest(p)
    golden[name] = numbers


MHA, Encoder, Decoder = nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer
record("attention", MHA(8, 2), lambda m, q, k, v: m(q, k, v), (3, 2, 8), (5, 2, 8), (5, 2, 8))
record("attention, each head's weights", MHA(8, 4, batch_first=True), lambda m, x: m(x, x, x, average_attn_weights=False),
       (2, 5, 8))
record("attention of other sizes", MHA(6, 3, kdim=4, vdim=5, bias=False, batch_first=True),
       lambda m, q, k, v: m(q, k, v, need_weights=False), (2, 3, 6), (2, 4, 4), (2, 4, 5))
record("attention with a mask and padding", MHA(8, 2, batch_first=True),
       lambda m, q, k: m(q, k, k, attn_mask=ignored((3, 6)), key_padding_mask=ignored((2, 6))), (2, 3, 8), (2, 6, 8))
record("attention with a mask a head", MHA(8, 2), lambda m, x: m(x, x, x, attn_mask=ignored((6, 4, 4)), need_weights=False),
       (4, 3, 8))
record("attention with an added mask", MHA(8, 2), lambda m, x: m(x, x, x, attn_mask=wave((4, 4), 1), need_weights=False),
       (4, 2, 8))
record("attention with more keys", MHA(8, 2, add_bias_kv=True, add_zero_attn=True),
       lambda m, x: m(x, x, x, attn_mask=causal(4), key_padding_mask=ignored((3, 4))), (4, 3, 8))
record("attention without a batch", MHA(8, 2), lambda m, q, k: m(q, k, k, key_padding_mask=ignored((6,))), (3, 8), (6, 8))

encoder = dict(d_model=8, nhead=2, dim_feedforward=12, dropout=0.0)
record("encoder layer", Encoder(**encoder, batch_first=True),
       lambda m, x: m(x, src_mask=causal(5), src_key_padding_mask=ignored((2, 5))), (2, 5, 8))
record("encoder layer, norm first, gelu", Encoder(**encoder, activation="gelu", norm_first=True, layer_norm_eps=1e-3),
       lambda m, x: m(x), (4, 3, 8))
record("decoder layer", Decoder(**encoder, batch_first=True),
       lambda m, x, y: m(x, y, tgt_mask=causal(4), memory_mask=ignored((4, 6)), tgt_key_padding_mask=ignored((2, 4)),
                         memory_key_padding_mask=ignored((2, 6))), (2, 4, 8), (2, 6, 8))
record("decoder layer, norm first, gelu", Decoder(**encoder, activation="gelu", norm_first=True),
       lambda m, x, y: m(x, y), (4, 2, 8), (3, 2, 8))
record("encoder", nn.TransformerEncoder(Encoder(**encoder), 3, nn.LayerNorm(8)), lambda m, x: m(x, mask=causal(4)),
       (4, 2, 8))
record("decoder", nn.TransformerDecoder(Decoder(**encoder), 2, nn.LayerNorm(8)),
       lambda m, x, y: m(x, y, tgt_mask=causal(4)), (4, 2, 8), (3, 2, 8))
small = nn.Transformer(8, 2, 2, 2, 12, 0.0, batch_first=True)
record("transformer", small,
       lambda m, x, y: m(x, y, src_mask=wave((5, 5), 1), tgt_mask=causal(4), memory_mask=ignored((4, 5)),
                         src_key_padding_mask=ignored((2, 5)), tgt_key_padding_mask=ignored((2, 4)),
                         memory_key_padding_mask=ignored((2, 5))), (2, 5, 8), (2, 4, 8))
record("transformer, norm first, gelu", nn.Transformer(8, 2, 1, 2, 12, 0.0, "gelu", layer_norm_eps=1e-3, norm_first=True),
       lambda m, x, y: m(x, y, None, m.generate_square_subsequent_mask(4).to(x.dtype)), (5, 2, 8), (4, 2, 8))
train("encoder layer trained", Encoder(**encoder, batch_first=True), lambda m, x: m(x, src_mask=causal(5)), (2, 5, 8),
      (2, 5, 8))
train("decoder layer trained", Decoder(**encoder, activation="gelu", norm_first=True),
      lambda m, x, y: m(x, y, tgt_mask=causal(4)), (4, 2, 8), (4, 2, 8), (3, 2, 8))
train("transformer trained", nn.Transformer(8, 2, 1, 1, 12, 0.0), lambda m, x, y: m(x, y, tgt_mask=causal(4)),
      (4, 2, 8), (5, 2, 8), (4, 2, 8))

print("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in golden.items()) + "\n}")
