#!/usr/bin/env python3
"""What a user's file pays for our headers: time, memory and lines of one that includes both umbrellas.

    tests/weight/check.py COMPILER INCLUDE_FOLDER          status 77 (skipped) while an umbrella does not exist

Lines are those with something on them after preprocessing, in files that the standard library would not have brought.
"""

import pathlib
import re
import resource
import subprocess
import sys
import tempfile

UMBRELLAS = ["autograd/autograd.hpp", "nn/nn.hpp"]
MAX_SECONDS, MAX_MEBIBYTES, MAX_LINES = 2.5, 300, 15_000
USER_FILE = "".join(f"#include <{header}>\n" for header in UMBRELLAS) + "int main() {}\n"


def compile_once(command):
    """Seconds of processor time: a busy machine does not make headers heavier."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def count_lines(preprocessed):
    """Lines by the file that a linemarker says they come from."""
    lines, file = {}, None
    for line in preprocessed.splitlines():
        marker = re.match(r'# \d+ "(.*?)"', line)
        if marker:
            file = marker[1]
        elif line.strip():
            lines[file] = lines.get(file, 0) + 1
    return lines


def preprocess(compiler, options, code):
    command = [*compiler, *options, "-E", "-x", "c++", "-"]
    return subprocess.run(command, input=code, stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    compiler, include = [sys.argv[1]], pathlib.Path(sys.argv[2])
    missing = [header for header in UMBRELLAS if not (include / header).exists()]
    if missing:
        print(f"skipped: {', '.join(missing)} does not exist")
        return 77

    options = ["-std=c++20", f"-I{include}"]
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "user.cpp")
        source.write_text(USER_FILE)
        command = [*compiler, *options, "-O2", "-c", str(source), "-o", f"{source}.o"]
        seconds = min(compile_once(command) for _ in range(3))
    mebibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

    standard = count_lines(preprocess(compiler, ["-std=c++20"], "#include <bits/stdc++.h>\n"))
    by_file = count_lines(preprocess(compiler, options, USER_FILE))
    others = {file: count for file, count in by_file.items()
              if file not in standard and "/c++/" not in file and "/lib/gcc/" not in file and not file.startswith("<")}
    lines = sum(others.values())

    print(f"{seconds:.2f} s of {MAX_SECONDS}, {mebibytes:.0f} MiB of {MAX_MEBIBYTES}, {lines} lines of {MAX_LINES}")
    print(f"and {sum(by_file.values()) - lines} lines of the standard library")
    for file, count in sorted(others.items(), key=lambda item: -item[1])[:12]:
        print(f"{count:8} {file}")
    return int(seconds > MAX_SECONDS or mebibytes > MAX_MEBIBYTES or lines > MAX_LINES)


if __name__ == "__main__":
    sys.exit(main())
