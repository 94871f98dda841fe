"""How much faster than libtorch each workload has to be, by its name: at 1 thread, and at 2 where two threads are promised."""
BARS = {
    "1000 times one element, recorded": {1: 20},
    "1000 times one element, not recorded": {1: 20},
    "1000 times 1,000 elements, recorded": {1: 6},
    "chain of 1,000 operations, forward and backward": {1: 30},
    "MLP 2-16-16-1, 100 points, SGD": {1: 6.5},
    "MLP 784-128-10, batch 32, SGD": {1: 1.6, 2: 1.6},
    "MLP 784-512-512-10, batch 128, Adam": {1: 1.33, 2: 1.33},
    "Adam alone, 670,000 parameters": {1: 6, 2: 6},
    "sum(tanh(a*b+c)*sigmoid(d)) over 10^6, forward and backward": {1: 2, 2: 2},
    "product 64, forward and backward": {1: 1.5},
    "product 256, forward and backward": {1: 1, 2: 1},
    "product 1024, forward and backward": {1: 1, 2: 1},
    "softmax cross-entropy 256 x 10,000, forward and backward": {1: 3, 2: 3},
    "convolution 16x64x56x56, 64 filters 3x3, forward and backward": {1: 1.05, 2: 1.05},
    "CNN of two 3x3 convolutions, 28x28, batch 64, SGD": {1: 1.2, 2: 1.2},
    "LSTM 28x128, batch 64, SGD": {1: 1.2, 2: 1.2},
    "layer normalization 4096 x 768, forward and backward": {1: 1.1, 2: 1.1},
    "transformer of 4 layers, 128 wide, causal, 16 x 64 tokens, AdamW": {1: 1.2, 2: 1.2},
    "AdamW alone, 818,000 parameters": {1: 5, 2: 5},
    "(1000,1000) + (1000,1)": {1: 1},
    "sum over axis 0 of 1000 x 1000": {1: 1},
    "sum over axis 1 of 1000 x 1000": {1: 1},
    "transposed copy of 1000 x 1000": {1: 1},
}
SCALING = 1.05  # our time with two threads over that with one, at most
SCALING_OF = {"MLP 784-512-512-10, batch 128, Adam": 0.9}
PROGRAM = "start to first step, MLP 784-128-10"
PROGRAM_MS, PROGRAM_MIB = 30, 25


def reached(row, threads):
    """What counts at so many threads: the median of pairs at 1, the best of the interleaved processes at more."""
    ratio = row["threads"][str(threads)].get("ratio")
    return ratio and ratio["median" if threads == 1 else "best"]


def misses(row):
    """Of a row, the bars that it does not reach, as text."""
    name, found = row["workload"], []
    for threads, bar in BARS.get(name, {}).items():
        got = reached(row, threads) if str(threads) in row["threads"] else None
        if got is not None and got < bar:
            found.append(f"{got:.2f} of {bar} at {threads} thread{'s' if threads > 1 else ''}")
    if "scaling" in row and row["scaling"]["best"] > SCALING_OF.get(name, SCALING):
        found.append(f"two threads take {row['scaling']['best']:.2f} of one thread's time, {SCALING_OF.get(name, SCALING)} at most")
    first = row["threads"]["1"]["xgrad"] if "1" in row["threads"] else None
    if name == PROGRAM and first:
        if first["ns"] > PROGRAM_MS * 1e6:
            found.append(f"{first['ns'] * 1e-6:.0f} of {PROGRAM_MS} ms")
        if first["peak MiB"] > PROGRAM_MIB:
            found.append(f"{first['peak MiB']:.0f} of {PROGRAM_MIB} MiB")
    return found
