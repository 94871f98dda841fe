#!/usr/bin/env python3
"""Fails if a file of the library includes what stands above it, or if headers include each other in a circle.

    tests/includes.py [ROOT]
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
LIBRARY = ("autograd/", "nn/", "explorer/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]((?:autograd|nn|explorer)/[^>"]+)[>"]', re.M)
# What the files of a folder do not include. The first folder that fits a file counts.
ABOVE = {
    "autograd/kernels/": ("autograd/ops/", "autograd/engine/", "autograd/transforms/", "autograd/debug/", "nn/", "explorer/"),
    "autograd/": ("nn/", "explorer/"),
    "nn/optim/": ("explorer/",),  # optimizers also call kernels
    "nn/": ("autograd/kernels/", "explorer/"),
    "explorer/": ("autograd/kernels/",),
}


def main():
    files = [p for top in LIBRARY for pattern in ("*.hpp", "*.cpp") for p in sorted((ROOT / top).rglob(pattern))]
    includes = {str(p.relative_to(ROOT)): INCLUDE.findall(p.read_text()) for p in files}
    if not includes: sys.exit(f"{ROOT} holds no sources of the library")

    wrong = []
    for name, included in includes.items():
        above = next(a for folder, a in ABOVE.items() if name.startswith(folder))
        wrong += [f"{name} includes {i}, which stands above it" for i in included if i.startswith(above)]
        wrong += [f"{name} includes {i}, which does not exist" for i in included if i not in includes]

    # Headers that include no other or that no other includes are taken away, until none is left but those in circles.
    left = {name: set(included) for name, included in includes.items() if name.endswith(".hpp")}
    while left:
        inner = left.keys() & set().union(*left.values())
        kept = {name: included & inner for name, included in left.items() if name in inner and included & inner}
        if kept == left: break
        left = kept
    wrong += [f"{name} includes, in a circle, {', '.join(sorted(included))}" for name, included in left.items()]

    for line in wrong:
        print(line)
    return int(bool(wrong))


sys.exit(main())
