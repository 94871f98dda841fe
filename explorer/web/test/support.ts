// What the tests share: the traces of the course's programs, written by examples/explore_*.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readTrace } from "../src/trace/read";
import { findNode } from "../src/trace/trace";
import type { Trace } from "../src/trace/types";

export const web = process.env.XGRAD_WEB!;
export const traceText = (name: string): string => readFileSync(join(web, "test/traces", `${name}.json`), "utf8");
export const traceOf = (name: string): Trace => readTrace(traceText(name));
export const nodeOf = (trace: Trace, label: string) => trace.nodes[findNode(trace, label)];

/// The same numbers on every run.
export function random(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}
export const courses = ["explore_neuron", "explore_two_layers", "explore_shared"];

/// Text of a chain of that many operations, as a program would write it, in modules of `module` nodes or in none.
export function chainText(count: number, module = 0): string {
    const nodes: object[] = [];
    const edges: object[] = [];
    for (let i = 0; i < count; ++i) {
        const leaf = i < 2 || i % 3 === 0;
        nodes.push({ id: i, op: leaf ? "leaf" : "mul", value: leaf ? (i === 1 ? 1 : 1.0001) : 0, gradient: null, shape: [], ...(module > 0 && { module: `block${Math.floor(i / module)}` }) });
    }
    let last = 1;
    for (let i = 2; i < count; ++i) {
        if (i % 3 === 0) continue;
        const other = i % 3 === 1 && i > 3 ? i - 1 : 0;
        const a = nodes[last] as { value: number };
        const b = nodes[other] as { value: number };
        (nodes[i] as { value: number }).value = a.value * b.value;
        edges.push({ id: edges.length, from: last, to: i, slot: 0, local: b.value, symbol: "", contribution: null });
        edges.push({ id: edges.length, from: other, to: i, slot: 1, local: a.value, symbol: "", contribution: null });
        last = i;
    }
    const forward = nodes.map((_, i) => i);
    return JSON.stringify({ format: "xgrad-trace", version: 1, generator: "test", nodes, edges, forward, root: last, seed: 1, operations: {}, sources: {} });
}

/// Text of a chain of that many sines of a tensor of eight numbers, and their sum.
export function tensorChainText(count: number): string {
    const shape = [8];
    const tensors: object[] = [];
    const put = (values: number[]) => ({ tensor: tensors.push({ dtype: "float64", shape, values }) - 1 });
    const values = [Array.from({ length: 8 }, (_, i) => 0.1 * i - 0.3)];
    for (let i = 0; i < count; ++i) values.push(values[i].map(Math.sin));
    const nodes: object[] = values.map((x, id) => ({ id, op: id === 0 ? "leaf" : "sin", shape, dtype: "float64", value: put(x) }));
    const root = count + 1;
    const of = [Array.from({ length: 8 }, (_, p) => [p, 1])];
    nodes.push({ id: root, op: "sum", shape: [], dtype: "float64", value: values[count].reduce((a, b) => a + b, 0), gradient: 1, terms: { form: "weighted", of } });
    const edges: object[] = [];
    const backward: object[] = [{ kind: "seed", node: root, product: 1, before: null, after: 1 }, { kind: "complete", node: root, after: 1 }];
    let upstream: unknown = 1;
    let numbers = values[0].map(() => 1);
    for (let i = count; i >= 0; --i) {
        const local = i === count ? null : put(values[i].map(Math.cos));
        if (i < count) numbers = numbers.map((g, k) => g * Math.cos(values[i][k]));
        const product = put(numbers);
        edges.unshift({ id: i, from: i, to: i + 1, slot: 0, local, contribution: product, vjp: "by the rule" });
        backward.push({ kind: "contribution", node: i, edge: i, upstream, local, product, before: null, after: product }, { kind: "complete", node: i, after: product });
        (nodes[i] as { gradient: unknown }).gradient = upstream = product;
    }
    const about = { formula: "", derivative: "", known: false };
    const forward = nodes.map((_, i) => i);
    return JSON.stringify({ format: "xgrad-trace", version: 3, generator: "test", nodes, edges, forward, backward, tensors, root, seed: 1, operations: { sin: about, sum: about }, sources: {} });
}
