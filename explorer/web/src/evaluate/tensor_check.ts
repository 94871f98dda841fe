// Gradients of tensors beside numeric differences and forward-mode derivatives, element by element, of some elements.
import type { Trace } from "../trace/types";
import { type Row, defaultStep, difference, nearestSide } from "./check";
import type { Edits } from "./evaluate";
import type { Numbers } from "./rules";
import type { TensorRun } from "./tensor_run";

const most = 6; // elements of a node
const work = 200_000; // of a row, about: of a node before very many numbers only two elements are moved

export class TensorChecker {
    private readonly rows = new Map<number, Row>();
    private readonly behind: Float64Array; // how much there is to compute after a node

    constructor(
        private readonly trace: Trace,
        private readonly run: TensorRun,
        private readonly values: readonly Numbers[],
        private readonly edits: Edits,
        private readonly gradients: readonly (Numbers | null)[],
        readonly step = defaultStep,
    ) {
        this.behind = new Float64Array(trace.nodes.length + 1);
        for (let i = trace.nodes.length - 1; i >= 0; --i) this.behind[i] = this.behind[i + 1] + 20 + values[i].length;
    }

    /// The element whose gradient is largest.
    mainElement(node: number): number {
        const g = this.gradients[node];
        return !g ? 0 : g.reduce((best, x, i) => (Math.abs(x) > Math.abs(g[best]) ? i : best), 0);
    }
    /// The root as a function of an element of a node, or null.
    lossOf(node: number, at = this.mainElement(node)): ((x: number) => number) | null {
        if (this.run.obstacle || this.values[node].length === 0) return null;
        return (x) => {
            const moved = this.values[node].slice();
            moved[at] = x;
            const root = this.run.valuesWith(this.values, new Map([[node, moved]]), this.edits, true)[this.trace.root];
            return this.run.seed.reduce((sum, s, i) => sum + s * root[i], 0);
        };
    }
    valueOf(node: number): number {
        return this.values[node][this.mainElement(node)];
    }
    gradientOf(node: number): number {
        return this.gradients[node]?.[this.mainElement(node)] ?? 0;
    }

    row(node: number): Row | null {
        if (this.run.obstacle) return null;
        const found = this.rows.get(node) ?? this.compute(node);
        this.rows.set(node, found);
        return found;
    }
    private compute(node: number): Row {
        const main = this.mainElement(node);
        const g = this.gradients[node] ?? new Float64Array(this.values[node].length);
        const top = Math.abs(g[main] ?? 0);
        const single = this.trace.nodes.some((n) => n.dtype === "float32");
        const within = 1e-8 + (single ? 1e-4 : 1e-6) * top;
        const row: Row = { numeric: null, forward: 0, error: 0, pass: true, at: g.length > 1 ? main : undefined };
        if (g.length === 0) return row;
        const chosen = new Set([main]);
        const more = Math.max(1, Math.min(most - 1, Math.floor(work / this.behind[node]) - 1));
        for (let k = 0; k < more; ++k) chosen.add(Math.floor((k * (g.length - 1)) / Math.max(1, more - 1)));
        for (const at of chosen) {
            const unit = new Float64Array(g.length);
            unit[at] = 1;
            const forward = this.run.push(node, unit, this.values, this.edits).reduce((sum, d, i) => sum + d * this.run.seed[i], 0);
            const f = this.lossOf(node, at)!;
            let numeric = difference(f, this.values[node][at], this.step);
            // A kink within the step is no error of the gradient, nor is one at the value itself, as at equal maxima.
            const x = this.values[node][at];
            if (this.step === defaultStep && Math.abs(numeric - g[at]) > within) numeric = difference(f, x, 1e-5);
            if (this.step === defaultStep && Math.abs(numeric - g[at]) > within) numeric = nearestSide(f, x, g[at], 1e-6, within) ?? numeric;
            if (at === main) [row.numeric, row.forward] = [numeric, forward];
            const error = Math.max(Math.abs(numeric - g[at]), Math.abs(forward - g[at]));
            row.error = Math.max(row.error, error);
            row.pass &&= error <= within || (Number.isNaN(error) && Number.isNaN(g[at]));
        }
        return row;
    }

    /// Whether an edge brought what its operation's own rule brings; null if nobody here knows.
    local(edge: number): { told: number; numeric: number; pass: boolean } | null {
        const { trace } = this;
        const event = trace.events.find((e) => e.edge === edge);
        if (this.run.obstacle || !event) return null;
        const numbers = (place: number, x: number) => (place >= 0 ? Float64Array.from(trace.tensors[place].values) : Float64Array.of(x));
        const upstream = numbers(event.tensors?.upstream ?? -1, event.upstream);
        const own = this.run.pull(edge, this.values, upstream, this.edits);
        if (!own) return null;
        const told = numbers(event.tensors?.product ?? -1, event.product);
        const size = own.reduce((top, x) => (Number.isFinite(x) ? Math.max(top, Math.abs(x)) : top), 0);
        const wrong = own.findIndex((x, i) => !(x === told[i] || Object.is(x, told[i]) || Math.abs(x - told[i]) <= 1e-8 + 1e-4 * size));
        const at = Math.max(0, wrong);
        return { told: told[at] ?? NaN, numeric: own[at] ?? NaN, pass: wrong < 0 };
    }
}
