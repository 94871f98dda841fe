// A run of tensors, or of tensors and scalars, computed anew in the page: forward with edits, backward with mistakes.
import type { Mistakes, Pass } from "../trace/replay";
import { copyOf, isConstant, isLeaf } from "../trace/trace";
import { statisticsOf } from "../trace/statistics";
import type { Tensor, Trace, TraceEvent, TraceNode } from "../trace/types";
import type { Edits } from "./evaluate";
import { ruleFromTerms } from "./from_terms";
import { type Call, namedRules, poolingOf } from "./named";
import { operationOf } from "./operations";
import { type Numbers, type Rule, elementwise, picks } from "./rules";
import { broadcastPositions, broadcasts, sizeOf } from "./shapes";

/// Why numbers cannot be changed in the page.
export interface Obstacle {
    why: "operation" | "sample" | "unkept";
    node: number;
}

const any = ["sum", "mean", "dot", "logsumexp"]; // of scalars; of tensors these are reductions

export class TensorRun {
    readonly obstacle: Obstacle | null;
    readonly numbers: Numbers[]; // as they were recorded
    private readonly rules: (Rule | null)[];
    private readonly gives = new Set<number>(); // edges that brought something in the run
    private readonly reached = new Set<number>();

    constructor(readonly trace: Trace) {
        this.numbers = trace.nodes.map((n) => numbersOf(trace, n));
        this.rules = trace.nodes.map(() => null);
        this.obstacle = this.prepare();
        for (const e of trace.recorded ?? []) this.reached.add(e.node), this.gives.add(e.edge);
    }

    private prepare(): Obstacle | null {
        const { nodes, tensors } = this.trace;
        for (let node = 0; node < nodes.length; ++node) {
            const n = nodes[node];
            if (n.tensor >= 0 && tensors[n.tensor].every > 1) return { why: "sample", node };
            if (n.op === "folded") return { why: "operation", node };
        }
        for (let node = 0; node < nodes.length; ++node) {
            if (!nodes[node].kept && !this.infer(node)) return { why: "unkept", node };
        }
        for (let node = 0; node < nodes.length; ++node) {
            if (nodes[node].inputs.length === 0) continue;
            this.rules[node] = this.find(node);
            if (!this.rules[node]) return { why: "operation", node };
        }
        return null;
    }

    // A constant that nothing kept is the difference of what it was added to and the sum.
    private infer(node: number): boolean {
        const { nodes, edges } = this.trace;
        for (const e of nodes[node].uses) {
            const { to, slot } = edges[e];
            const sum = nodes[to];
            if ((sum.op !== "add" && sum.op !== "sub") || sum.inputs.length !== 2 || !sum.kept) continue;
            const other = edges[sum.inputs[1 - slot]].from;
            if (!nodes[other].kept || !broadcasts(nodes[node].shape, sum.shape) || !broadcasts(nodes[other].shape, sum.shape)) continue;
            const [mine, its] = [broadcastPositions(nodes[node].shape, sum.shape), broadcastPositions(nodes[other].shape, sum.shape)];
            const known = new Float64Array(sizeOf(nodes[node].shape));
            mine.forEach((at, i) => {
                const [y, x] = [this.numbers[to][i], this.numbers[other][its[i]]];
                known[at] = sum.op === "add" ? y - x : slot === 0 ? y + x : x - y;
            });
            this.numbers[node] = rounded(known, nodes[node].dtype);
            return true;
        }
        return nodes[node].uses.length === 0;
    }

    private inputs(node: number, numbers: readonly Numbers[]): Numbers[] {
        return this.trace.nodes[node].inputs.map((e) => numbers[this.trace.edges[e].from]);
    }

    /// The rule that gives the recorded numbers; an operation of the user's own may have a name of ours.
    private find(node: number): Rule | null {
        const x = this.inputs(node, this.numbers);
        const y = this.numbers[node];
        for (const rule of this.candidates(node)) {
            if (rule && agree(rule.value(x), y, x, this.trace.nodes[node].dtype)) return rule;
        }
        return null;
    }
    /// What C++ calls an operation with after its inputs, so that it gives the recorded numbers. Null: nobody here knows.
    optionsOf(node: number): string | null {
        const [x, y] = [this.inputs(node, this.numbers), this.numbers[node]];
        for (const rule of namedRules(this.callOf(node))) {
            if (rule?.options !== undefined && agree(rule.value(x), y, x, this.trace.nodes[node].dtype)) return rule.options;
        }
        return null;
    }
    private callOf(node: number): Call {
        const { op, shape, inputs } = this.trace.nodes[node];
        return { op, shape, shapes: inputs.map((e) => this.trace.nodes[this.trace.edges[e].from].shape), x: this.inputs(node, this.numbers), y: this.numbers[node] };
    }
    private *candidates(node: number): Generator<Rule | null> {
        const { trace } = this;
        const n = trace.nodes[node];
        const from = n.inputs.map((e) => trace.nodes[trace.edges[e].from]);
        const call = this.callOf(node);
        const { shapes } = call;
        const position = trace.edges[n.inputs[0]].position;
        if (n.op === "value_at" && position >= 0) return void (yield picks(Int32Array.of(position)));
        const pooled = n.op === "gather" ? poolingOf(trace, node, this.numbers[trace.edges[n.inputs[0]].from], this.numbers[trace.edges[n.inputs[1]].from]) : null;
        if (pooled) yield pooled;
        const op = operationOf(n.op, shapes.length);
        const scalar = n.dtype === "" && from.every((f) => f.dtype === "");
        if (op && (scalar || (!any.includes(n.op) && shapes.every((s) => broadcasts(s, n.shape))))) yield elementwise(op, shapes, n.shape);
        yield ruleFromTerms(n);
        yield* namedRules(call);
    }
    private ruleOf(node: number, edits: Edits | null): Rule {
        const other = edits?.operations.get(node);
        if (other === undefined) return this.rules[node]!;
        const n = this.trace.nodes[node];
        return elementwise(operationOf(other, 1)!, [this.trace.nodes[this.trace.edges[n.inputs[0]].from].shape], n.shape);
    }
    /// Whether another function of one input can stand in for this operation.
    isElementwise(node: number): boolean {
        return this.rules[node]?.slopes !== undefined && this.trace.nodes[node].inputs.length === 1;
    }

    /// All numbers where some are others. `exact`: without rounding to the dtypes, for differences.
    valuesWith(start: readonly Numbers[], changed: ReadonlyMap<number, Numbers>, edits: Edits | null = null, exact = false): Numbers[] {
        const { nodes, edges } = this.trace;
        const values = [...start];
        const moved = new Uint8Array(nodes.length);
        for (const [node, x] of changed) (values[node] = x), (moved[node] = 1);
        const first = [...changed.keys(), ...(edits?.operations.keys() ?? [])].reduce((a, b) => Math.min(a, b), nodes.length);
        for (let i = first; i < nodes.length; ++i) {
            const n = nodes[i];
            if (n.inputs.length === 0 || changed.has(i)) continue;
            if (!edits?.operations.has(i) && !n.inputs.some((e) => moved[edges[e].from] === 1)) continue;
            moved[i] = 1;
            const y = this.ruleOf(i, edits).value(this.inputs(i, values));
            values[i] = exact ? y : rounded(y, n.dtype);
        }
        return values;
    }
    /// The numbers that these edits give.
    editedValues(edits: Edits): Numbers[] {
        const changed = new Map<number, Numbers>();
        const of = (node: number) => changed.get(node) ?? changed.set(node, this.numbers[node].slice()).get(node)!;
        for (const [node, x] of edits.values) if (isLeaf(this.trace.nodes[node])) of(node)[0] = x;
        for (const [node, elements] of edits.elements) if (isLeaf(this.trace.nodes[node])) for (const [at, x] of elements) of(node)[at] = x;
        for (const [node, x] of changed) changed.set(node, rounded(x, this.trace.nodes[node].dtype));
        return this.valuesWith(this.numbers, changed, edits);
    }

    /// The trace that the program would give with these edits, without its events.
    edited(edits: Edits, values: readonly Numbers[]): Trace {
        const copy = { ...copyOf(this.trace), tensors: [...this.trace.tensors], file: "" };
        copy.nodes.forEach((n, i) => {
            const rule = n.inputs.length > 0 ? this.ruleOf(i, edits) : null;
            const x = rule ? this.inputs(i, values) : [];
            if (edits.operations.has(i)) n.op = edits.operations.get(i)!;
            if (rule?.reads && n.terms) n.terms = { ...n.terms, of: rule.reads(x) };
            if (values[i] !== this.numbers[i]) [n.value, n.tensor] = put(copy, values[i], n);
            if (!rule?.slopes || !x.some((v, k) => v !== this.inputs(i, this.numbers)[k] || edits.operations.has(i))) return;
            rule.slopes(x, values[i]).forEach((slope, slot) => {
                const edge = copy.edges[n.inputs[slot]];
                edge.blocked = false;
                if (edits.operations.has(i)) (edge.symbol = ""), (edge.vjp = edge.vjp && `upstream * ${n.op}'`);
                if (edge.localTensor >= 0) edge.localTensor = put(copy, rounded(slope, n.dtype), n)[1];
                else if (!Number.isNaN(edge.local) && slope.length === 1 && !isConstant(copy.nodes[edge.from])) edge.local = rounded(slope, n.dtype)[0];
            });
        });
        return copy;
    }

    /// What an edge brings where `g` arrives at its result.
    pull(edge: number, values: readonly Numbers[], g: Numbers, edits: Edits | null = null): Numbers | null {
        const { from, to, slot } = this.trace.edges[edge];
        const product = this.ruleOf(to, edits).pull(this.inputs(to, values), values[to], g)[slot];
        return product && rounded(product, this.trace.nodes[from].dtype);
    }
    get seed(): Numbers {
        const { nodes, root, seed } = this.trace;
        return new Float64Array(sizeOf(nodes[root].shape)).fill(seed);
    }

    /// How the root changes where a node changes by `tangent`.
    push(node: number, tangent: Numbers, values: readonly Numbers[], edits: Edits): Numbers {
        const { nodes, edges, root } = this.trace;
        const tangents: (Numbers | null)[] = nodes.map(() => null);
        tangents[node] = tangent;
        for (let i = node + 1; i <= root; ++i) {
            const dx = nodes[i].inputs.map((e) => tangents[edges[e].from]);
            if (dx.some((d) => d !== null)) tangents[i] = this.ruleOf(i, edits).push(this.inputs(i, values), values[i], dx);
        }
        return tangents[root] ?? new Float64Array(sizeOf(nodes[root].shape));
    }

    /// The events of a backward pass at these numbers; their tensors are put into `trace`, a trace with these numbers.
    backward(trace: Trace, values: readonly Numbers[], edits: Edits, mistakes: Mistakes, left: (Numbers | null)[] = []): Pass & { totals: (Numbers | null)[] } {
        const { nodes, edges, root } = trace;
        const totals = nodes.map((n, i) => (mistakes.keep && isLeaf(n) ? (left[i] ?? null) : null));
        const places = nodes.map((n, i) => (totals[i] ? put(trace, totals[i]!, n)[1] : -1));
        const number = (i: number) => (totals[i] === null ? null : places[i] < 0 ? totals[i]![0] : NaN);
        const start = nodes.map((_, i) => number(i));
        const pass = { events: [] as TraceEvent[], start, startTensors: [...places], gradients: start, contributions: edges.map((): number | null => null), totals };
        const reached = nodes.map(() => false);
        const awaited = nodes.map((n) => n.uses.length);
        const complete = (node: number) => pass.events.push({ kind: "complete", node, edge: -1, upstream: NaN, local: NaN, product: NaN, before: number(node), after: number(node)!, tensors: { upstream: -1, product: -1, before: places[node], after: places[node] } });
        const add = (kind: "seed" | "contribution", node: number, edge: number, product: Numbers) => {
            const [arrived, tensor] = put(trace, product, nodes[node]);
            const [before, had] = [number(node), places[node]];
            const old = totals[node];
            totals[node] = mistakes.overwrite || !old ? product : rounded(product.map((x, i) => old[i] + x), nodes[node].dtype);
            places[node] = tensor < 0 ? -1 : totals[node] === product ? tensor : put(trace, totals[node]!, nodes[node])[1];
            reached[node] = true;
            const to = edge < 0 ? -1 : edges[edge].to;
            if (edge >= 0) pass.contributions[edge] = arrived;
            pass.events.push({ kind, node, edge, upstream: to < 0 ? NaN : number(to)!, local: edge < 0 ? NaN : edges[edge].local, product: arrived, before, after: number(node)!, tensors: { upstream: to < 0 ? -1 : places[to], product: tensor, before: had, after: places[node] } });
        };
        add("seed", root, -1, this.seed);
        complete(root);
        for (let i = root; i >= 0; --i) {
            if (nodes[i].inputs.length === 0) continue;
            const products = reached[i] ? this.ruleOf(i, edits).pull(this.inputs(i, values), values[i], totals[i]!) : [];
            nodes[i].inputs.forEach((e, slot) => {
                const { from } = edges[e];
                if (isConstant(nodes[from])) return void --awaited[from];
                const product = products[slot];
                if (product && this.brings(trace, e, totals[i]!)) add("contribution", from, e, rounded(product, nodes[from].dtype));
                if (--awaited[from] === 0 && reached[from]) complete(from);
            });
        }
        pass.gradients = nodes.map((_, i) => number(i));
        return pass;
    }
    // An input without a derivative receives nothing, as it did in the run; nor does one by an infinite slope times 0.
    private brings(trace: Trace, edge: number, upstream: Numbers): boolean {
        const { from, to, local, blocked } = trace.edges[edge];
        if (trace.nodes[from].dtype === "" && trace.nodes[to].dtype === "") return !Number.isNaN(upstream[0] * local) || (upstream[0] !== 0 && !blocked);
        return this.gives.has(edge) || !this.reached.has(to);
    }
}

function numbersOf(trace: Trace, n: TraceNode): Numbers {
    return rounded(n.tensor >= 0 ? Float64Array.from(trace.tensors[n.tensor].values) : Float64Array.of(n.value), n.dtype);
}

export function rounded(x: Numbers, dtype: string): Numbers {
    return dtype === "float32" ? x.map(Math.fround) : x;
}

/// A number or the place of a tensor, as a trace has it.
function put(trace: Trace, x: Numbers, { shape, dtype }: TraceNode): [number, number] {
    if (shape.length === 0) return [x[0], -1];
    return [NaN, trace.tensors.push(tensorOf(x, [...shape], dtype)) - 1];
}
function tensorOf(x: Numbers, shape: number[], dtype: string): Tensor {
    return { dtype, shape, values: Array.from(x), every: 1, statistics: statisticsOf(x) };
}

// Up to the digits that another order of adding loses.
function agree(a: Numbers, b: Numbers, x: Numbers[], dtype: string): boolean {
    if (a.length !== b.length) return false;
    const top = (v: Numbers) => v.reduce((m, e) => (Number.isFinite(e) ? Math.max(m, Math.abs(e)) : m), 0);
    const size = Math.max(top(b), ...x.map(top));
    const within = (dtype === "float32" ? 2e-5 : 1e-11) * size;
    return a.every((v, i) => Object.is(v, b[i]) || v === b[i] || Math.abs(v - b[i]) <= within);
}
