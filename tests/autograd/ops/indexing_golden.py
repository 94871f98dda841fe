#!/usr/bin/env python3
"""Writes indexing_golden.hpp: what NumPy's own indexing reads, and what it leaves after an assignment.

    tests/autograd/ops/indexing_golden.py > tests/autograd/ops/indexing_golden.hpp      (needs numpy)

x is arange(2 * 3 * 4 * 5) of shape (2, 3, 4, 5). Written is y = -1 - arange(count), by x[items] = y.
"""

import numpy as np

r = np.array([1, 0, 1])
c = np.array([2, -1, 0])
d = np.array([[3], [1]])
m2 = np.array([False, True])
m3 = np.array([True, False, True])
m34 = np.arange(12).reshape(3, 4) % 3 == 0
all_of_it = np.arange(120).reshape(2, 3, 4, 5) % 17 == 2
n = None
s = slice
CASES = {
    "1": (1,),
    "1,-1": (1, -1),
    "...,2": (..., 2),
    "1,...,2": (1, ..., 2),
    "::-1,1:": (s(None, None, -1), s(1, None)),
    "newaxis,1,newaxis,...,newaxis": (n, 1, n, ..., n),
    ":,:,4:0:-2": (s(None), s(None), s(4, 0, -2)),
    "r": (r,),
    "r,c": (r, c),
    ":,c": (s(None), c),
    ":,c,d": (s(None), c, d),
    ":,c,:,d": (s(None), c, s(None), d),
    "r,:,d": (r, s(None), d),
    "r,c,:,d": (r, c, s(None), d),
    "r,...,d": (r, ..., d),
    "...,d,c": (..., d, c),
    "0,:,d": (0, s(None), d),
    ":,1,d": (s(None), 1, d),
    ":,1,:,d": (s(None), 1, s(None), d),
    "r,newaxis,c": (r, n, c),
    "newaxis,r,c": (n, r, c),
    ":,newaxis,c,d": (s(None), n, c, d),
    "1:,c,::2": (s(1, None), c, s(None, None, 2)),
    "m2": (m2,),
    ":,m3": (s(None), m3),
    ":,m34": (s(None), m34),
    "m2,:,d": (m2, s(None), d),
    "m2,m3,0": (np.array([True, True]), m3, 0),
    "r,m34": (np.array([0, 1, 0, 1]), m34),
    ":,m34,c": (s(None), m34, np.array([0, -1, 2, 4])),
    "...,m5": (..., np.array([False, True, True, False, False])),
    "all": (all_of_it,),
    "none": (np.array([False, False]),),
    "empty": (np.zeros((0,), dtype=int),),
    "dd": (np.array([[0, 1], [1, 0]]), np.array([0, 2])),
    "scalar": (np.array(1), s(None), np.array(2)),
}


def row(values):
    return "{" + ", ".join(str(int(v)) for v in np.ravel(values)) + "}"


def main():
    print("#pragma once\n#include <vector>\n")
    print(f"// Written by indexing_golden.py with NumPy {np.__version__}; what x[items] and x after x[items] = y are there.")
    print("// clang-format off")
    print("struct IndexingGolden {\n    const char* items;\n    std::vector<long> shape, read, written;\n};")
    print("inline const std::vector<IndexingGolden> indexing_golden = {")
    for name, items in CASES.items():
        x = np.arange(120).reshape(2, 3, 4, 5)
        read = x[items]
        written = x.copy()
        written[items] = -1 - np.arange(read.size).reshape(read.shape)
        changed = np.flatnonzero(written.ravel() != x.ravel())
        pairs = [v for at in changed for v in (at, written.ravel()[at])]
        print(f'    {{"{name}", {row(read.shape)}, {row(read)}, {row(pairs)}}},')
    print("};\n// clang-format on")


main()
