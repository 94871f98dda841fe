// Is every number what it claims to be? A gradient beside a numeric difference and the forward-mode derivative.
import type { Trace } from "../trace/types";
import { agree, nodesBehind, slopesAt, valueAt, valuesOf, valuesWith } from "./evaluate";
import { operationOf } from "./operations";

export interface Row {
    numeric: number | null; // null: an operation on the way cannot be computed here
    forward: number;
    error: number;
    pass: boolean;
    at?: number; // the element of a tensor whose numbers these are; error and pass are of all that were checked
}

const rtol = 1e-6;
const atol = 1e-8;
export const defaultStep = 1e-3;

function close(a: number, b: number): boolean {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
    return a === b || Math.abs(a - b) <= atol + rtol * Math.max(Math.abs(a), Math.abs(b));
}

/// A central difference of fourth order.
export function difference(f: (x: number) => number, x: number, step: number): number {
    const h = step * Math.max(1, Math.abs(x));
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}
/// One of second order, as in textbooks.
export function simpleDifference(f: (x: number) => number, x: number, h: number): number {
    return (f(x + h) - f(x - h)) / (2 * h);
}

/// Checks the nodes of one trace, each when it is asked for.
export class Checker {
    private readonly values: number[];
    private readonly slopes: number[][]; // computed anew where that can be, so that a wrong one in the trace shows
    private readonly known: boolean[];
    private readonly rows = new Map<number, Row>();

    constructor(
        private readonly trace: Trace,
        private readonly unknown: number,
        readonly step = defaultStep,
    ) {
        this.values = valuesOf(trace);
        this.known = trace.nodes.map((_, i) => this.isKnown(i));
        this.slopes = trace.nodes.map((n, i) =>
            this.known[i] ? slopesAt(trace, i, this.values) : n.inputs.map((e) => trace.edges[e].local),
        );
    }

    private isKnown(node: number): boolean {
        const n = this.trace.nodes[node];
        if (n.inputs.length === 0) return true;
        if (this.trace.operations.get(n.op)?.known === false || !operationOf(n.op, n.inputs.length)) return false;
        return agree(valueAt(this.trace, node, this.values), n.value);
    }

    /// The root as a function of one node, or null.
    lossOf(node: number): ((x: number) => number) | null {
        if (this.unknown >= 0) return null;
        const behind = nodesBehind(this.trace, node);
        return (x) => this.trace.seed * valuesWith(this.trace, this.values, node, x, behind)[this.trace.root];
    }

    private forward(node: number): number {
        const { nodes, edges, root, seed } = this.trace;
        const tangents = new Float64Array(nodes.length);
        tangents[node] = 1;
        for (const i of nodesBehind(this.trace, node)) {
            nodes[i].inputs.forEach((e, slot) => {
                const tangent = tangents[edges[e].from];
                if (tangent !== 0) tangents[i] += tangent * this.slopes[i][slot];
            });
        }
        return tangents[root] * seed;
    }

    row(node: number): Row {
        const found = this.rows.get(node);
        if (found) return found;
        const row = this.compute(node);
        this.rows.set(node, row);
        return row;
    }
    private compute(node: number): Row {
        const gradient = this.trace.nodes[node].gradient ?? 0;
        const forward = this.forward(node);
        const row: Row = {
            numeric: null,
            forward,
            error: Math.abs(gradient - forward),
            pass: close(gradient, forward),
        };
        const loss = this.lossOf(node);
        if (!loss) return row;
        row.numeric = difference(loss, this.values[node], this.step);
        row.error = Math.max(row.error, Math.abs(gradient - row.numeric));
        row.pass &&= close(gradient, row.numeric);
        return row;
    }

    /// Whether the recorded local derivative of an edge is that of its operation alone; null if nobody here knows.
    local(edge: number): { told: number; numeric: number; pass: boolean } | null {
        const { from, to, slot, local } = this.trace.edges[edge];
        const n = this.trace.nodes[to];
        const op = operationOf(n.op, n.inputs.length);
        if (!this.known[to] || !op) return null;
        const inputs = n.inputs.map((e) => this.values[this.trace.edges[e].from]);
        const numeric = difference((x) => op.value(inputs.map((v, i) => (i === slot ? x : v))), this.values[from], this.step);
        return { told: local, numeric, pass: close(local, numeric) };
    }
}
