#!/usr/bin/env python3
"""Compiles and runs what the documentation shows.

A fenced block that opens with ```cpp run is a test. A block with `int main` is a program of its own; any other block is
wrapped: it sees <autograd/autograd.hpp>, <nn/nn.hpp>, <iostream> and `using namespace xg`, its includes move to the top
of the file, its types and functions to namespace scope, and the rest becomes the body of a function. If the next fenced
block is ```text, the program must print exactly that (trailing white space aside). A third word, ```cpp run train.cpp,
is the file name under which the program reports its lines, counted from the block's first one.

    snippets.py extract --root DIR --out DIR FILE.md...    writes *.cpp, *.expected and snippets.cmake into --out
    snippets.py run --expected FILE|none --name NAME -- PROGRAM ARGUMENT...
"""

import argparse
import difflib
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass

# The pages of a book have one short snippet each: they are compiled as one source and run as one test.
BOOKS = ["docs/reference/ops", "docs/reference/modules", "docs/reference/optimizers", "docs/reference/schedules"]
PRELUDE = ["autograd/autograd.hpp", "nn/nn.hpp", "iostream"]


class SnippetError(Exception):
    pass


@dataclass
class Block:
    info: list[str]
    line: int  # of the opening fence, counted from 1
    text: list[str]


@dataclass
class Snippet:
    page: str  # path from the root
    line: int
    code: list[str]
    reported_as: str | None
    expected: list[str] | None

    @property
    def name(self):
        return f"{self.page}:{self.line}"

    @property
    def identifier(self):
        return re.sub(r"\W", "_", f"{self.page}_{self.line}")

    @property
    def is_program(self):
        return any(re.match(r"\s*(int|auto)\s+main\s*\(", line) for line in self.code)

    def line_directive(self, offset):
        if self.reported_as:
            return f'#line {offset + 1} "{self.reported_as}"'
        return f'#line {self.line + 1 + offset} "{self.page}"'


def read_blocks(path, page):
    blocks = []
    fence = None  # (character, length, indentation)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is None:
            opening = re.match(r"(\s*)(`{3,}|~{3,})([^`]*)$", line)
            if opening:
                fence = (opening[2][0], len(opening[2]), len(opening[1]))
                blocks.append(Block(opening[3].split(), number, []))
            continue
        closing = re.match(r"\s*(`{3,}|~{3,})\s*$", line)
        if closing and closing[1][0] == fence[0] and len(closing[1]) >= fence[1]:
            fence = None
        else:
            indentation = min(fence[2], len(line) - len(line.lstrip()))
            blocks[-1].text.append(line[indentation:])
    if fence is not None:
        raise SnippetError(f"{page}:{blocks[-1].line}: this fenced block is never closed")
    return blocks


def read_snippets(path, page):
    blocks = read_blocks(path, page)
    snippets = []
    for block, following in zip(blocks, blocks[1:] + [None]):
        if block.info[:2] != ["cpp", "run"]:
            continue
        if len(block.info) > 3:
            raise SnippetError(f"{page}:{block.line}: expected ```cpp run or ```cpp run NAME.cpp")
        if not any(line.strip() for line in block.text):
            raise SnippetError(f"{page}:{block.line}: this block is to be run, but it is empty")
        expected = following.text if following and following.info[:1] == ["text"] else None
        reported_as = block.info[2] if len(block.info) == 3 else None
        snippets.append(Snippet(page, block.line, block.text, reported_as, expected))
    return snippets


# Comments, strings (raw ones too) and characters: where braces and semicolons mean nothing. The quote in 1'000 is one.
OPAQUE = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|(?<=[0-9a-fA-F])\'', re.S)


def blank_out(code):
    """The code with everything opaque replaced by spaces, so that positions stay."""
    return OPAQUE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), code)


def statements(code):
    """Cuts code at the semicolons and closing braces outside all brackets: (start, end) positions."""
    plain = blank_out(code)
    depth = start = 0
    for position, character in enumerate(plain):
        if character in "({[":
            depth += 1
        elif character in ")}]":
            depth -= 1
        # A brace ends a statement unless something continues it: `};`, `}, x)`, `} else`, `} while`, `} catch`
        ends = character == ";" or (
            character == "}" and not re.match(r"\s*([;,.)({\[?:=+\-*/%<>&|!^]|(else|while|catch)\b)", plain[position + 1 :])
        )
        if depth == 0 and ends:
            yield start, position + 1
            start = position + 1
    if plain[start:].strip():
        yield start, len(code)


# What functions at namespace scope may rely on has to stand there too.
DEFINES_NAME = re.compile(r"(template\b|(struct|class|enum|union)\b[^=(]*\{|(namespace|using|concept|constexpr|static_assert)\b)", re.S)
DEFINES_FUNCTION = re.compile(
    r"(?!(if|for|while|switch|do|try|else|return)\b)[\w:<>,&*\s]+?[\s&*]+(operator\s*\S+|\w+)\s*\([^{]*\)\s*(const|noexcept|->[^{]*)?\s*\{",
    re.S,
)


def split(snippet):
    """(includes, definitions, body), each a list of lines, with #line directives before what moves."""
    includes, kept = [], []
    for offset, line in enumerate(snippet.code):
        if re.match(r"\s*#\s*include\b", line):
            includes += [snippet.line_directive(offset), line]
            kept.append("")
        else:
            kept.append(line)
    code = "\n".join(kept)
    definitions, body = [], []
    for start, end in statements(code):
        text = code[start:end]
        plain = blank_out(text)
        skipped = len(plain) - len(plain.lstrip())
        plain = plain.strip()
        function = DEFINES_FUNCTION.match(plain) and plain.endswith("}")
        into = definitions if function or DEFINES_NAME.match(plain) else body
        first = code.count("\n", 0, start + skipped)
        into += [snippet.line_directive(first), text[skipped:]]
    return includes, definitions, body


def wrap(snippets):
    """One source for all the wrapped snippets of a page: a function each."""
    parts = [(snippet, *split(snippet)) for snippet in snippets]
    lines = [f"#include <{header}>" for header in PRELUDE]
    for _, includes, _, _ in parts:
        lines += includes
    lines += ["using namespace xg;"]
    for snippet, _, definitions, body in parts:
        lines += [f"namespace {snippet.identifier} {{", *definitions, "void snippet();", "void snippet() {", *body, "}", "}"]
    return "\n".join(lines) + "\n"


def heading(snippet):
    return f"{snippet.name}:"


def selector(snippets, books):
    """The main function that runs one wrapped snippet by its name, or all of a book."""
    lines = ["#include <cstdio>", "#include <exception>", "#include <string_view>"]
    lines += [f"namespace {snippet.identifier} {{ void snippet(); }}" for snippet in snippets]
    lines += ["int main(int, char** argv) try {", "    const std::string_view name = argv[1];"]
    lines += [f'    if (name == "{snippet.name}") return {snippet.identifier}::snippet(), 0;' for snippet in snippets]
    for book, parts in books.items():
        lines += [f'    if (name == "{book}") {{']
        lines += [f'        std::puts("{heading(part)}"), std::fflush(stdout), {part.identifier}::snippet();' for part in parts]
        lines += ["        return 0;", "    }"]
    lines += ['    std::fprintf(stderr, "no snippet %s\\n", argv[1]);', "    return 2;"]
    lines += ["} catch (const std::exception& error) {"]
    lines += ['    std::fflush(stdout);', '    std::fprintf(stderr, "%s: threw\\n%s\\n", argv[1], error.what());', "    return 1;", "}"]
    return "\n".join(lines) + "\n"


def write(path, text):
    """Leaves an equal file alone, so that nothing is compiled again without need."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def extract(root, out, pages):
    out.mkdir(parents=True, exist_ok=True)
    wrapped_sources, wrapped_snippets, commands = [], [], []
    books = {}
    for path in pages:
        page = path.resolve().relative_to(root.resolve()).as_posix()
        snippets = read_snippets(path, page)
        book = str(pathlib.PurePosixPath(page).parent)
        if book in BOOKS:
            books.setdefault(book, []).extend(snippets)
            continue
        wrapped = [snippet for snippet in snippets if not snippet.is_program]
        if wrapped:
            source = out / (re.sub(r"\W", "_", page) + ".cpp")
            write(source, wrap(wrapped))
            wrapped_sources.append(source)
            wrapped_snippets += wrapped
        for snippet in snippets:
            expected = "none"
            if snippet.expected is not None:
                expected = out / f"{snippet.identifier}.expected"
                write(expected, "\n".join(snippet.expected) + "\n")
            program = f"snippet_{snippet.identifier}" if snippet.is_program else "xgrad_snippets"
            if snippet.is_program:
                source = out / f"{snippet.identifier}.cpp"
                write(source, "\n".join([snippet.line_directive(0), *snippet.code]) + "\n")
                commands.append(f'xgrad_snippet_program({program} "{source}")')
            commands.append(f'xgrad_snippet_test("{snippet.name}" {program} "{expected}")')
    for book, parts in books.items():
        source = out / (re.sub(r"\W", "_", book) + ".cpp")
        write(source, wrap(parts))
        wrapped_sources.append(source)
        wrapped_snippets += parts
        expected = out / (re.sub(r"\W", "_", book) + ".expected")
        write(expected, "".join("\n".join([heading(part), *(part.expected or [])]) + "\n" for part in parts))
        commands.append(f'xgrad_snippet_test("{book}" xgrad_snippets "{expected}")')
    if wrapped_snippets:
        main = out / "selector.cpp"
        write(main, selector(wrapped_snippets, books))
        sources = " ".join(f'"{source}"' for source in [main, *wrapped_sources])
        commands.insert(0, f"xgrad_snippet_program(xgrad_snippets {sources})")
    write(out / "snippets.cmake", "\n".join(commands) + "\n")


def run(name, expected, command):
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    if result.returncode != 0:
        sys.stdout.write(result.stdout)
        raise SnippetError(f"{name}: the program ended with status {result.returncode}")
    if expected == "none":
        return

    def tidy(text):
        return [line.rstrip() for line in text.rstrip().split("\n")]

    wanted = tidy(pathlib.Path(expected).read_text(encoding="utf-8"))
    printed = tidy(result.stdout)
    if wanted != printed:
        difference = difflib.unified_diff(wanted, printed, "the documentation", "the program", lineterm="")
        raise SnippetError(f"{name}: the program prints something else than the documentation says\n" + "\n".join(difference))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    extracting = commands.add_parser("extract")
    extracting.add_argument("--root", type=pathlib.Path, required=True)
    extracting.add_argument("--out", type=pathlib.Path, required=True)
    extracting.add_argument("pages", type=pathlib.Path, nargs="*")
    running = commands.add_parser("run")
    running.add_argument("--name", required=True)
    running.add_argument("--expected", required=True)
    running.add_argument("program", nargs="+")
    arguments = parser.parse_args()
    try:
        if arguments.command == "extract":
            extract(arguments.root, arguments.out, arguments.pages)
        else:
            run(arguments.name, arguments.expected, arguments.program)
    except SnippetError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
