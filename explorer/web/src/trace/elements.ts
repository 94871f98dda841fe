// An element of a tensor as scalars: what adds up to it, or the elements it is computed from.
import { operationOf } from "../evaluate/operations";
import type { ElementOperation, Trace, TraceNode } from "./types";

export interface Part {
    text: string; // "x[0, 2] · w[1, 2]"
    value: number;
}
export interface Element {
    value: number;
    parts: Part[];
    sum: boolean; // the parts add up to the value; or else it is the operation of them
}

export function positionOf(shape: readonly number[], at: number): number[] {
    const position = shape.map(() => 0);
    for (let axis = shape.length - 1, rest = at; axis >= 0; --axis) {
        position[axis] = rest % shape[axis];
        rest = Math.floor(rest / shape[axis]);
    }
    return position;
}
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/// Where the element of a result reads an input that is broadcast to it.
export function broadcastAt(shape: readonly number[], at: number, input: readonly number[]): number {
    const position = positionOf(shape, at).slice(shape.length - input.length);
    return input.reduce((flat, size, axis) => flat * size + (size === 1 ? 0 : position[axis]), 0);
}

class Input {
    constructor(
        private readonly trace: Trace,
        private readonly node: TraceNode,
        private readonly name: string,
    ) {}
    get shape(): number[] {
        return this.node.shape;
    }
    at(flat: number): number {
        if (this.node.tensor < 0) return this.node.value;
        const t = this.trace.tensors[this.node.tensor];
        return flat % t.every === 0 ? t.values[flat / t.every] : NaN;
    }
    text(flat: number): string {
        if (this.node.op === "constant" && this.node.label === "" && this.node.tensor < 0) return String(Number(this.node.value.toPrecision(6)));
        return this.shape.length === 0 ? this.name : `${this.name}[${positionOf(this.shape, flat).join(", ")}]`;
    }
}

/// The element at a flat position of a node, or null if the trace does not tell.
export function elementOf(trace: Trace, node: number, at: number, nameOf: (node: number) => string): Element | null {
    const n = trace.nodes[node];
    if (n.inputs.length === 0) return null;
    const inputs = n.inputs.map((e) => trace.edges[e].from).map((i) => new Input(trace, trace.nodes[i], nameOf(i)));
    const value = new Input(trace, n, "").at(at);
    const { terms } = n;
    if (!terms) return elementwise(n, at, inputs, value);
    if (terms.form === "operations") return byOperations(terms.operations[at] ?? [], inputs, value);
    const of = terms.of[at];
    if (!of) return null;
    const single = (input: Input) => of.map((p): Part => ({ text: input.text(p as number), value: input.at(p as number) }));
    if (terms.form === "products") {
        const parts = (of as number[][]).map(([p, q]): Part => ({ text: `${inputs[0].text(p)} · ${inputs[1].text(q)}`, value: inputs[0].at(p) * inputs[1].at(q) }));
        if (terms.bias.length > 0 && inputs[2]) parts.push({ text: inputs[2].text(terms.bias[at]), value: inputs[2].at(terms.bias[at]) });
        return { value, parts, sum: true };
    }
    if (terms.form === "weighted") {
        const parts = (of as number[][]).map((term): Part => {
            const [input, p, w] = term.length === 3 ? term : [0, ...term];
            const text = inputs[input].text(p);
            return { text: w === 1 ? text : `${Number(w.toPrecision(6))} · ${text}`, value: w * inputs[input].at(p) };
        });
        return { value, parts, sum: true };
    }
    if (terms.form === "softmax") {
        const x = single(inputs[0]);
        const top = Math.max(...x.map((p) => p.value));
        const total = x.reduce((sum, p) => sum + Math.exp(p.value - top), 0);
        const mine = inputs[0].text(terms.at[at]);
        const parts = x.map((p): Part => ({ text: `exp(${p.text} − max)${p.text === mine ? " ←" : ""}`, value: Math.exp(p.value - top) }));
        parts.push({ text: "Σ", value: total });
        return { value, parts, sum: false };
    }
    return { value, parts: single(inputs[0]), sum: false };
}

const infix: Record<string, string> = { add: "+", sub: "−", mul: "·", div: "/" };

// ① to ㊿, as far as there are such signs.
const circled = (n: number): string => (n > 50 ? `(${n})` : String.fromCodePoint(n <= 20 ? 0x245f + n : n <= 35 ? 0x323c + n : 0x328d + n));

function byOperations(list: ElementOperation[], inputs: Input[], value: number): Element | null {
    if (list.length === 0) return null;
    const values: number[] = [];
    const names: string[] = [];
    const parts = list.map(({ op, label, in: from }, k): Part => {
        const texts = from.map((i) => ("earlier" in i ? names[i.earlier] : "number" in i ? String(Number(i.number.toPrecision(6))) : (inputs[i.input]?.text(i.at) ?? "?")));
        const numbers = from.map((i) => ("earlier" in i ? values[i.earlier] : "number" in i ? i.number : (inputs[i.input]?.at(i.at) ?? NaN)));
        const own = operationOf(op, from.length);
        values.push(k === list.length - 1 ? value : own ? own.value(numbers) : NaN);
        names.push(label || circled(k + 1));
        const text = Object.hasOwn(infix, op) && texts.length === 2 ? texts.join(` ${infix[op]} `) : `${op}(${texts.join(", ")})`;
        return { text: k === list.length - 1 ? text : `${names[k]} = ${text}`, value: values[k] };
    });
    return { value, parts, sum: false };
}

function elementwise(n: TraceNode, at: number, inputs: Input[], value: number): Element | null {
    const fits = inputs.every((i) => i.shape.length <= n.shape.length && i.shape.every((s, k) => s === 1 || s === n.shape[n.shape.length - i.shape.length + k]));
    if (!fits || sizeOf(n.shape) === 0) return null;
    const parts = inputs.map((i): Part => {
        const flat = broadcastAt(n.shape, at, i.shape);
        return { text: i.text(flat), value: i.at(flat) };
    });
    return { value, parts, sum: false };
}
