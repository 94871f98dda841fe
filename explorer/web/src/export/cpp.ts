// A program that makes this graph and walks it backwards.
import { fullNumber } from "../trace/notation";
import { isConstant, isLeaf } from "../trace/trace";
import type { Trace } from "../trace/types";

const infix: Record<string, string> = { add: "+", sub: "-", mul: "*", div: "/" };
const keywords = new Set("and auto bool break case char class const continue default delete do double else enum explicit export extern false float for friend goto if inline int long main namespace new not operator or private protected public register return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while xor".split(" "));

// Names of the program, where C++ can say them and each has one meaning.
function names(trace: Trace): string[] {
    const taken = new Set<string>();
    return trace.nodes.map((n, i) => {
        const word = n.label.replace(/[.[\]\s-]+/g, "_").replace(/_+$/, "");
        const good = /^[A-Za-z]\w*$/.test(word) && !keywords.has(word) && !trace.operations.has(word) && !taken.has(word);
        const name = good ? word : `n${i}`;
        taken.add(name);
        return name;
    });
}
function literal(x: number): string {
    if (Number.isNaN(x)) return "std::nan(\"\")";
    if (!Number.isFinite(x)) return `${x < 0 ? "-" : ""}std::numeric_limits<double>::infinity()`;
    const text = fullNumber(x);
    return /[.e]/.test(text) ? text : `${text}.0`;
}

export function cppOf(trace: Trace): string {
    const name = names(trace);
    const term = (node: number, left: boolean) => {
        if (!isConstant(trace.nodes[node])) return name[node];
        const text = literal(trace.nodes[node].value);
        return !left && text.startsWith("-") ? `(${text})` : text;
    };
    const lines: string[] = [];
    trace.nodes.forEach((n, i) => {
        if (isConstant(n)) return;
        if (isLeaf(n)) return lines.push(`    Value ${name[i]} = ${literal(n.value)};`);
        const parts = n.inputs.map((e, slot) => term(trace.edges[e].from, slot === 0));
        const list = ["sum", "mean", "logsumexp"].includes(n.op);
        const half = parts.length / 2;
        const vector = (x: string[]) => `std::vector<Value>{${x.join(", ")}}`;
        const call = list ? vector(parts) : n.op === "dot" ? `${vector(parts.slice(0, half))}, ${vector(parts.slice(half))}` : parts.join(", ");
        const text = Object.hasOwn(infix, n.op) && parts.length === 2 ? parts.join(` ${infix[n.op]} `) : n.op === "neg" ? `-${parts[0]}` : `${n.op}(${call})`;
        return lines.push(`    Value ${name[i]} = ${text};`);
    });
    const labelled = trace.nodes.map((n, i) => (n.label !== "" ? `    ${name[i]}.label(${JSON.stringify(n.label)});` : "")).filter((l) => l !== "");
    const root = name[trace.root];
    const seed = trace.seed === 1 ? "" : `, {.seed = ${literal(trace.seed)}}`;
    return [
        "#include <autograd/autograd.hpp>",
        "#include <explorer/explorer.hpp>",
        "#include <iostream>",
        "#include <limits>",
        "#include <vector>",
        "using namespace xg;",
        "",
        "int main() {",
        ...lines,
        ...labelled,
        `    std::cout << explain(${root}${seed}).text();`,
        "}",
        "",
    ].join("\n");
}
