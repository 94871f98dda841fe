// A program that makes this graph and walks it backwards.
import { fullNumber } from "../trace/notation";
import { movers } from "../evaluate/named";
import { TensorRun } from "../evaluate/tensor_run";
import { positionOf } from "../trace/elements";
import { isConstant, isLeaf } from "../trace/trace";
import { operationOf } from "../evaluate/operations";
import type { Trace, TraceNode } from "../trace/types";

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

const types: Record<string, string> = { float32: "float", float64: "double", int64: "std::int64_t", boolean: "bool" };

// The numbers of a leaf or constant. Of a sample there is no whole tensor to write.
function tensorLiteral(trace: Trace, { tensor, shape, value, dtype, op }: TraceNode): string {
    const values = tensor >= 0 ? trace.tensors[tensor].values : [value];
    const sample = tensor >= 0 && trace.tensors[tensor].every > 1;
    const numbers = sample ? "" : values.map((x) => (dtype === "boolean" ? (x === 0 ? "false" : "true") : dtype === "int64" ? String(x) : literal(x) + (dtype === "float32" && Number.isFinite(x) ? "f" : ""))).join(", ");
    const made = sample ? `zeros({${shape.join(", ")}}, {.dtype = ${dtype}})` : `from_vector(std::vector<${types[dtype] ?? "double"}>{${numbers}}, {${shape.join(", ")}})`;
    return `${made}${op === "leaf" ? ".requires_grad(true)" : ""};${sample ? " // of which the trace has a sample alone" : ""}`;
}
// What is called with its inputs alone.
const plain = (op: string, inputs: number): boolean => op === "matmul" || op === "linear" || (operationOf(op, inputs)?.arity ?? null) !== null;

// The arguments after the inputs stand in no trace: they are those that give the recorded numbers. Null: nobody here knows.
function callOf(trace: Trace, run: TensorRun, node: number, parts: string[]): string | null {
    const { op, inputs, shape } = trace.nodes[node];
    const first = trace.nodes[trace.edges[inputs[0]].from];
    const list = (numbers: readonly number[]) => `{${numbers.join(", ")}}`;
    const call = (options: string | null, of = parts.join(", "), name = op) => options === null ? null : `${name}(${of}${options && `, ${options}`})`;
    if (Object.hasOwn(infix, op)) return parts.join(` ${infix[op]} `);
    if (plain(op, parts.length)) return call("");
    if (op === "value_at") return `${parts[0]}.value_at(${list(positionOf(first.shape, trace.edges[inputs[0]].position))})`;
    if (op === "gather") return call("", `${parts[0]}, ${first.shape.findIndex((size, k) => size !== shape[k])}, ${parts[1]}`); // -1 where all are the same
    if (op === "reshape" || op === "expand") return call(list(shape));
    if (op === "stack" && first.dtype === "") return call(list(shape), `std::vector<Value>{${parts.join(", ")}}`);
    if (op === "to") return `${parts[0]}.to(${trace.nodes[node].dtype})`;
    const options = run.optionsOf(node);
    if (op === "layer_norm" && parts.length !== 2) return call(options, [parts[0], list(shape.slice(parts[1] ? -trace.nodes[trace.edges[inputs[1]].from].shape.length : -1)), ...parts.slice(1)].join(", "));
    if (op === "index_select") return options && call("", `${parts[0]}, ${options}, ${parts[1]}`);
    if (op === "concat" || op === "stack") return call(options, `{${parts.join(", ")}}`);
    return call(options, undefined, movers.includes(op) ? "permute" : op === "flip" ? "slice" : op);
}
function cppOfTensors(trace: Trace, name: string[]): string[] {
    const run = new TensorRun(trace);
    return trace.nodes.map((n, i) => {
        const kind = n.dtype === "" ? "Value" : "Tensor";
        if (n.inputs.length === 0) return `    ${kind} ${name[i]} = ${n.dtype === "" ? `${literal(n.value)};` : tensorLiteral(trace, n)}`;
        const parts = n.inputs.map((e) => name[trace.edges[e].from]);
        const call = callOf(trace, run, i, parts);
        return `    ${kind} ${name[i]} = ${call ?? `${n.op}(${parts.join(", ")})`};${call ? "" : ` // (${n.shape.join(", ")}), with the axes and options of your program`}`;
    });
}

export function cppOf(trace: Trace): string {
    const name = names(trace);
    const term = (node: number, left: boolean) => {
        if (!isConstant(trace.nodes[node])) return name[node];
        const text = literal(trace.nodes[node].value);
        return !left && text.startsWith("-") ? `(${text})` : text;
    };
    const lines: string[] = trace.recorded ? cppOfTensors(trace, name) : [];
    if (!trace.recorded) trace.nodes.forEach((n, i) => {
        if (isConstant(n)) return;
        if (isLeaf(n)) return lines.push(`    Value ${name[i]} = ${literal(n.value)};`);
        const parts = n.inputs.map((e, slot) => term(trace.edges[e].from, slot === 0));
        const slope = ["leaky_relu", "elu"].includes(n.op); // a Value's is a number
        if (slope) parts[1] = literal(trace.nodes[trace.edges[n.inputs[1]].from].value);
        const list = ["sum", "mean", "logsumexp"].includes(n.op);
        const half = parts.length / 2;
        const vector = (x: string[]) => `std::vector<Value>{${x.join(", ")}}`;
        const call = list ? vector(parts) : n.op === "dot" ? `${vector(parts.slice(0, half))}, ${vector(parts.slice(half))}` : parts.join(", ");
        const text = Object.hasOwn(infix, n.op) && parts.length === 2 ? parts.join(` ${infix[n.op]} `) : n.op === "neg" ? `-${parts[0]}` : `${n.op}(${call})`;
        return lines.push(`    Value ${name[i]} = ${text};`);
    });
    const labelled = trace.nodes.map((n, i) => (n.label !== "" && (trace.recorded || !isConstant(n)) ? `    ${name[i]}.label(${JSON.stringify(n.label)});` : "")).filter((l) => l !== "");
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
