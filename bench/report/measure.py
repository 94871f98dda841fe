"""Runs the programs of a build in alternation: xgrad, libtorch as the distribution ships it, libtorch on the OpenMP build
of OpenBLAS; each with every number of threads in each round, so that all see the same state of the machine."""
import glob
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

XGRAD, TORCH, TORCH_OPENMP = "xgrad", "libtorch", "libtorch, OpenMP BLAS"
RIVALS = (TORCH, TORCH_OPENMP)


def openmp_blas(root):
    """The folder of OpenBLAS's OpenMP build: the installed one, or one unpacked beside the build, which changes no link of
    the system. None where there is neither that nor a network."""
    def found():
        return sorted(glob.glob("/usr/lib/*/openblas-openmp") + glob.glob(f"{root}/build/openblas-openmp/usr/lib/*/openblas-openmp"))
    if not found() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        folder = root / "build/openblas-openmp"
        folder.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["apt-get", "download", "libopenblas0-openmp"], cwd=folder, capture_output=True).returncode == 0:
            for package in folder.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package.name, "."], cwd=folder, check=True)
    return found()[0] if found() else None


def run_measured(command, env=None):
    """(output, seconds, peak MiB, page faults) of a process."""
    with tempfile.TemporaryFile("w+") as out:
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
        out.seek(0)
        return out.read(), seconds, usage.ru_maxrss / 1024, usage.ru_minflt + usage.ru_majflt


def run_workload(program, threads, library_path=None):
    """{step: {"ns", "faults", "peak MiB"}} of one process."""
    env = dict(os.environ, BENCH_THREADS=str(threads), OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    if library_path:
        env["LD_LIBRARY_PATH"] = str(library_path)
    text, seconds, _, faults = run_measured([str(program)], env)
    steps = json.loads(text.strip().splitlines()[-1])
    peak = steps.pop("peak")["MiB"]
    if not steps:  # a whole program
        steps = {"start to first step, MLP 784-128-10": {"ns": seconds * 1e9, "faults": faults}}
    return {name: dict(figures, **{"peak MiB": peak}) for name, figures in steps.items()}


def compile_program(root, defines, includes, standard):
    with tempfile.TemporaryDirectory() as folder:
        command = ["g++", f"-std={standard}", "-O2", "-c", str(root / "bench/workloads/program.cpp"), "-o", f"{folder}/program.o"]
        command += [f"-D{d}" for d in defines] + [f"-I{i}" for i in includes]
        _, seconds, peak, faults = run_measured(command)
    return {"compile a one-file program": {"ns": seconds * 1e9, "faults": faults, "peak MiB": peak}}


def summary(runs):
    """Of the figures of one side, step and number of threads, a round each."""
    times = [r["ns"] for r in runs]
    return {"ns": statistics.median(times), "least": min(times), "most": max(times), "all": times,
            "faults": statistics.median(r["faults"] for r in runs), "peak MiB": statistics.median(r["peak MiB"] for r in runs)}


def ratio_to_better(ours, rivals):
    """Of the better rival to us: neighbouring runs in pairs, and the best run of each side."""
    pairs = sorted(min(r["all"][i] for r in rivals) / t for i, t in enumerate(ours["all"]))
    return {"median": statistics.median(pairs), "least": pairs[0], "most": pairs[-1],
            "best": min(r["least"] for r in rivals) / ours["least"]}


def rows_of(rounds, threads):
    """One row a step. `rounds`: of each round {(side, threads): {step: figures}}."""
    rows = []
    for step in rounds[0][XGRAD, threads[0]]:
        row = {"workload": step, "threads": {}}
        for t in threads:
            sides = {side: summary([r[side, t][step] for r in rounds]) for side, n in rounds[0] if n == t}
            rivals = [sides[s] for s in RIVALS if s in sides]
            if rivals:
                sides["ratio"] = ratio_to_better(sides[XGRAD], rivals)
            row["threads"][str(t)] = sides
        if len(threads) > 1:
            own = [b / a for a, b in zip(row["threads"][str(threads[0])][XGRAD]["all"],
                                         row["threads"][str(threads[-1])][XGRAD]["all"])]
            least = [row["threads"][str(t)][XGRAD]["least"] for t in (threads[0], threads[-1])]
            row["scaling"] = {"median": statistics.median(own), "least": min(own), "most": max(own), "best": least[1] / least[0]}
        rows.append(row)
    return rows


def measure(name, folder, rounds, threads, openmp):
    ours, theirs = folder / f"workload_{name}_xgrad", folder / f"workload_{name}_torch"
    done = []
    for _ in range(rounds):
        figures = {}
        for t in threads:
            figures[XGRAD, t] = run_workload(ours, t)
            if theirs.exists():
                figures[TORCH, t] = run_workload(theirs, t)
                if openmp:
                    figures[TORCH_OPENMP, t] = run_workload(theirs, t, openmp)
        done.append(figures)
    return rows_of(done, threads)


def measure_compiler(root, rounds):
    torch = [i for i in ("/usr/include/torch/csrc/api/include",) if pathlib.Path(i).exists()]
    done = []
    for _ in range(rounds):
        figures = {(XGRAD, 1): compile_program(root, [], [root], "c++20")}
        if torch:
            figures[TORCH, 1] = compile_program(root, ["BENCH_TORCH"], torch, "c++17")
        done.append(figures)
    return rows_of(done, [1])
