"""Runs xgrad-explore as a script would: program.py PROGRAM SOURCE_DIR, in a folder for what it writes."""

import copy
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

program, source = sys.argv[1], Path(sys.argv[2])
shared = source / "explorer/web/test/traces/explore_shared.json"
tensors = source / "tests/explorer/lstm_trace.json"
failures = []


def run(trace, script=None, pipe=None, utf8=True):
    locale = {**os.environ, "LC_ALL": "C.UTF-8" if utf8 else "C"}
    arguments = [program, str(trace)] + ([] if script is None else ["-c", script])
    return subprocess.run(arguments, input=(pipe or "").encode(), capture_output=True, env=locale, timeout=60)


def check(condition, what):
    if not condition:
        failures.append(what)


def columns(line):
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in line)


def plain(result, what, ascii_only=True):
    text = result.stdout.decode()
    check("\x1b" not in text, f"{what}: an escape code")
    check(not ascii_only or text.isascii(), f"{what}: more than ASCII")
    for line in text.splitlines():
        check(columns(line) <= 80, f"{what}: a line of {columns(line)} columns: {line}")
    return text


# Transcripts ------------------------------------------------------------------------------------------------------------
transcript = """f = -6: 5 nodes, 12 events. Gradients: not yet.
> s
    1  df/df = 1
> s 2
    3  df/dproduct += 1 * 1 = 1
       = df/df * sum, because f = product * sum
> b
    2  df/df is complete: 1
> why a
ledger of df/da
    7  df/da += -6 * 1 = -6  (not yet)
    9  df/da += 1 * 3 = 3  (total -3)  (not yet)
paths from f
       f > product > a                                                3
         = sum * b
       f > sum > a                                                   -6
         = product
       sum                                                           -3
"""
batch, piped = run(shared, "s;s 2;b;why a;q"), run(shared, pipe="s\ns 2\nb\nwhy a\nq\n")
check(batch.returncode == 0 and piped.returncode == 0, "a good script ends with 0")
check(batch.stdout == piped.stdout, "commands by -c and from a pipe give the same transcript")
check(plain(batch, "transcript") == transcript + "> q\n", "the transcript is another:\n" + batch.stdout.decode())

everything = "tree;s phase;check;why;src;watch {0};s node;b node;b 3;g {0};export dot a.dot;export json a.json;export latex a.tex;export html a.html;help"
plain(run(shared, everything.format("a")), "all commands")
network = run(tensors, everything.format("cell.weight_hh") + ";open h2 1,0")
plain(network, "all commands on tensors")
check(network.returncode == 0, "all commands on tensors: " + network.stderr.decode())
check("upstream^T *" in network.stdout.decode(), "rules are told in ASCII")
check("h2[1,0] = " in network.stdout.decode(), "an element opens")
check(json.load(open("a.json"))["format"] == "xgrad-trace", "the exported trace is one")
check("http-equiv" in Path("a.html").read_text() and Path("a.dot").read_text().startswith("digraph"), "exports")

# Mistakes end a script --------------------------------------------------------------------------------------------------
for script, words in [
    ("frobnicate", "there is no command 'frobnicate'"),
    ("s;g nowhere;s", "there is no node 'nowhere'"),
    ("set f 2", "is not a leaf"),
    ("s -1", "no count of steps"),
    ("open f 0", "made of scalars"),
    ("export pdf a.pdf", "no export 'pdf'"),
]:
    for wrong in (run(shared, script), run(shared, pipe=script.replace(";", "\n") + "\n")):
        check(wrong.returncode == 1, f"'{script}' ends with {wrong.returncode}")
        check(words in wrong.stderr.decode(), f"'{script}' says {wrong.stderr.decode()}")
        check("at command" in wrong.stderr.decode(), f"'{script}' says which command it was")
check(run(shared).returncode == 0, "no command at all is fine")
check(run(tensors, "set h2 1").returncode == 1, "tensors cannot be edited")

for script, words in [("q now", "used as: q"), ("x" * 100000, "xxx..."), ("s;g \x1b[31mred", "there is no node")]:
    wrong = run(shared, script)
    check(wrong.returncode == 1, f"'{script[:20]}' ends with {wrong.returncode}")
    check(words in wrong.stderr.decode(), f"'{script[:20]}' says {wrong.stderr.decode()[:200]}")
    check(b"\x1b" not in wrong.stdout + wrong.stderr, f"'{script[:20]}' is repeated with its escape codes")
    for line in (wrong.stdout + wrong.stderr).decode().splitlines():
        check(columns(line) <= 80, f"'{script[:20]}' gives a line of {columns(line)} columns: {line[:100]}")
check(plain(run(shared, "s ;  s 2"), "blanks").count("> s 2\n") == 1, "blanks around a command are none of it")
if os.path.exists("/dev/full"):
    full = subprocess.run([program, str(shared), "-c", "tree"], stdout=open("/dev/full", "wb"), stderr=subprocess.PIPE)
    check(full.returncode == 1 and b"not all of the output" in full.stderr, "a full disk is no success")
check(subprocess.run([program, str(shared), "--html", ""], capture_output=True).returncode == 1, "a page without a name")
check(run(".", "s").returncode == 1 and "FileError" in run(".", "s").stderr.decode(), "a folder is no trace")

# Damage -----------------------------------------------------------------------------------------------------------------
good = json.loads(shared.read_text())


def damaged(change):
    trace = copy.deepcopy(good)
    change(trace)
    return json.dumps(trace)


def later(t):
    t["version"] = 9


def unknown(t):
    t["nodes"][2]["op"] = "frobnicate"


def cycle(t):
    t["edges"][0]["from"], t["edges"][0]["to"] = 4, 2


def orphan(t):
    t["edges"][0]["from"] = 77


def of_tensors(change):
    trace = json.loads(tensors.read_text())
    change(trace)
    return json.dumps(trace)


def cycle_of_tensors(t):
    t["edges"][0]["from"] = t["edges"][0]["to"]


def far_tensor(t):
    next(n for n in t["nodes"] if isinstance(n["value"], dict))["value"]["tensor"] = 9999


def childless(t):
    t["edges"] = [e for e in t["edges"] if e["to"] != t["root"]]


def deep(t):
    t["nodes"][0]["value"] = [[[1]]]


for name, text, words in [
    ("cut in half", shared.read_text()[: len(shared.read_text()) // 2], "the file was cut"),
    ("tensors cut in half", tensors.read_text()[: len(tensors.read_text()) // 2], "the file was cut"),
    ("of a later version", damaged(later), "version 9"),
    ("unknown operation", damaged(unknown), "nobody knows the operation"),
    ("cycle", damaged(cycle), "cycle"),
    ("missing parent", damaged(orphan), "names node 77, which is missing"),
    ("tensors of a later version", of_tensors(later), "version 9"),
    ("cycle of tensors", of_tensors(cycle_of_tensors), "cycle"),
    ("missing tensor", of_tensors(far_tensor), "9999"),
    ("an operation without its inputs", damaged(childless), "has no inputs"),
    ("a list for a number", damaged(deep), "no number"),
    ("a number beyond all", shared.read_text().replace('"value":3', '"value":1e99999'), "a number that no double"),
    ("no trace", "[1, 2]", "it is no trace"),
    ("empty", "", "it is empty"),
    ("binary", "\0\1\2", "no JSON"),
]:
    Path("damaged.json").write_text(text)
    result = run("damaged.json", "s")
    check(result.returncode == 1, f"{name}: ends with {result.returncode}")
    check(words in result.stderr.decode(), f"{name}: says {result.stderr.decode()}")
    check(result.stdout == b"", f"{name}: and goes on")
    # No page is written of it either.
    page = Path("damaged.html")
    page.unlink(missing_ok=True)
    written = subprocess.run([program, "damaged.json", "--html", str(page)], capture_output=True, timeout=60)
    check(written.returncode == 1, f"{name}: a page of it ends with {written.returncode}")
    check(words in written.stderr.decode(), f"{name}: of its page it says {written.stderr.decode()}")
    check(not page.exists(), f"{name}: a page of it is written")
check(run("no_such_file.json", "s").returncode == 1, "a file that is not there")

# Names of the user's own ------------------------------------------------------------------------------------------------
names = {"a": "权重" * 9, "b": "🚀偏置</script>", "product": "e\u0301te\u0301\n\u001b[31m", "sum": "x" * 200}
foreign = copy.deepcopy(good)
for node in foreign["nodes"]:
    node["label"] = names.get(node.get("label"), node.get("label", ""))
Path("names.json").write_text(json.dumps(foreign))
shown = run("names.json", "tree;s phase;check;why 0;why 1;opt sgd 0.1")
check(shown.returncode == 0, "foreign names: " + shown.stderr.decode())
check("权重" in plain(shown, "foreign names", ascii_only=False), "foreign names are shown")
bare = run("names.json", "tree;s phase;why 0", utf8=False)
check(bare.returncode == 0 and "?" in plain(bare, "without UTF-8"), "without UTF-8 a name has question marks")

print("\n".join(failures) if failures else "xgrad-explore: all as it should be")
sys.exit(1 if failures else 0)
