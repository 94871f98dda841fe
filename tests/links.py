#!/usr/bin/env python3
"""Fails if a page of the documentation, or a comment in the sources, names a file or a heading that does not exist.

    tests/links.py [ROOT]

Links of pages are followed, with their anchors; so are paths in backquotes and in comments that begin with a folder of the
repository.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]).resolve()
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"(?<![\w/.<-])((?:autograd|nn|explorer|docs|scripts|cmake|tests|bench|examples)/[\w./-]*\w\.(?:md|[ch]pp|py|json|mjs|ts|cmake|svg|png|txt))\b")
LEFT_OUT = {"build", "node_modules", "dist", ".git"}
CODE = re.compile(r"`([^`\n]+)`")
COMMENT = re.compile(r"(?://|#)\s.*")


def files(*patterns):
    return [path for pattern in patterns for path in sorted(ROOT.rglob(pattern))
            if not LEFT_OUT.intersection(path.relative_to(ROOT).parts)]


def anchors(page):
    """The anchors of the headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", h.replace("`", "").lower()).strip().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}


def main():
    wrong = []
    for page in files("*.md"):
        text = page.read_text()
        prose = re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)
        for n, line in enumerate(prose.split("\n"), 1):
            for target in LINK.findall(re.sub(r"`[^`]*`(?!\])", "", line)):
                if re.match(r"\w+:", target): continue
                path, _, anchor = target.partition("#")
                to = (page.parent / path).resolve() if path else page
                if not to.exists():
                    wrong.append(f"{page.relative_to(ROOT)}:{n}: no {target}")
                elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                    wrong.append(f"{page.relative_to(ROOT)}:{n}: no heading {target}")
            for code in CODE.findall(line):
                for path in PATH.findall(code):
                    if not (ROOT / path).exists(): wrong.append(f"{page.relative_to(ROOT)}:{n}: no {path}")
    for source in files("*.cpp", "*.hpp", "*.py", "*.cmake", "CMakeLists.txt", "*.ts", "*.mjs"):
        for n, line in enumerate(source.read_text().split("\n"), 1):
            for comment in COMMENT.findall(line):
                for path in PATH.findall(comment):
                    if not (ROOT / path).exists() and not (source.parent / path).exists():
                        wrong.append(f"{source.relative_to(ROOT)}:{n}: no {path}")
    for line in wrong:
        print(line)
    return int(bool(wrong))


sys.exit(main())
