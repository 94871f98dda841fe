// Is every number what it claims to be? A gradient beside a numeric difference and the forward-mode derivative.
import type { Trace } from "../trace/types";
import { agree, nodesBehind, slopesAt, valueAt, valuesOf, valuesWith } from "./evaluate";
import { operationOf } from "./operations";

export interface Row {
    numeric: number | null; // null: it cannot be computed here, or only as NaN
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
/// At a kink: the gradient itself if it lies between the slopes on both sides. Null: there is no kink.
export function nearestSide(f: (x: number) => number, x: number, gradient: number, h: number, within: number): number | null {
    const slopes = [(f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h];
    const [low, high] = [Math.min(...slopes), Math.max(...slopes)];
    return high - low > 10 * within && gradient >= low - 10 * within && gradient <= high + 10 * within ? gradient : null;
}
// Beside `told`. The default step is long for what bends, ends or breaks near x: then shorter ones speak, and at a kink the
// slopes of both sides. NaN: none of them can tell.
function differenceAt(f: (x: number) => number, x: number, told: number, step: number): number {
    const first = difference(f, x, step);
    if (step !== defaultStep || close(first, told)) return first;
    const shorter = [1e-3 * Math.min(1, Math.abs(x)), 1e-5, 1e-7].map((h) => difference(f, x, h));
    return shorter.find((d) => close(d, told)) ?? nearestSide(f, x, told, 1e-6, atol + rtol * Math.abs(told)) ?? [...shorter, first].find((d) => !Number.isNaN(d)) ?? NaN;
}
const distance = (a: number, b: number): number => (a === b || Object.is(a, b) ? 0 : Math.abs(a - b));
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
            this.known[i] ? slopesAt(trace, i, this.values) : n.inputs.map((e) => trace.edges[e].difference ?? trace.edges[e].local),
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
            error: distance(gradient, forward),
            pass: close(gradient, forward),
        };
        const loss = this.lossOf(node);
        if (!loss) return row;
        const numeric = differenceAt(loss, this.values[node], gradient, this.step);
        if (Number.isNaN(numeric) && !Number.isNaN(gradient)) return row;
        row.numeric = numeric;
        row.error = Math.max(row.error, distance(gradient, numeric));
        row.pass &&= close(gradient, numeric);
        return row;
    }

    /// Whether the recorded local derivative of an edge is that of its operation alone; null if nobody here knows.
    local(edge: number): { told: number; numeric: number; pass: boolean } | null {
        const { from, to, slot, local, difference } = this.trace.edges[edge];
        const n = this.trace.nodes[to];
        if (!this.known[to] && difference !== null) return { told: local, numeric: difference, pass: close(local, difference) };
        const op = operationOf(n.op, n.inputs.length);
        if (!this.known[to] || !op) return null;
        const inputs = n.inputs.map((e) => this.values[this.trace.edges[e].from]);
        let numeric = differenceAt((x) => op.value(inputs.map((v, i) => (i === slot ? x : v))), this.values[from], local, this.step);
        // At a kink many a slope would do, and the operation has one.
        if (Number.isNaN(numeric) || close(local, numeric)) numeric = this.slopes[to][slot];
        return { told: local, numeric, pass: close(local, numeric) };
    }
}
