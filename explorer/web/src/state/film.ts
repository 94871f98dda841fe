// The trace of one step of a recorded training.
import { slopesAt } from "../evaluate/evaluate";
import { operationOf } from "../evaluate/operations";
import { replay } from "../trace/replay";
import { copyOf, isConstant } from "../trace/trace";
import type { Run } from "../trace/training";
import type { Trace } from "../trace/types";

// Whether the graph of this run can be walked at every step.
const canWalk = (trace: Trace, run: Run): boolean => run.nodes.length > 0 && trace.recorded === null && trace.nodes.every((n) => n.inputs.length === 0 || operationOf(n.op, n.inputs.length) !== null);

/// Values and gradients have the very bits of the run; local derivatives follow from the values. Null: this step has no graph.
export function traceAt(trace: Trace, run: Run, step: number): Trace | null {
    const kept = run.graphs.get(step);
    if (kept) return kept();
    if (!canWalk(trace, run)) return null;
    const copy = copyOf(trace);
    copy.known = copy.nodes.map(() => null);
    for (const { node, value, gradient } of run.nodes) {
        copy.nodes[node].value = value[step];
        copy.known[node] = Number.isNaN(gradient[step]) ? null : gradient[step];
    }
    const values = copy.nodes.map((n) => n.value);
    copy.nodes.forEach((n, i) => {
        if (n.inputs.length === 0) return;
        const slopes = slopesAt(copy, i, values);
        n.inputs.forEach((e, slot) => {
            if (!isConstant(copy.nodes[copy.edges[e].from])) copy.edges[e].local = slopes[slot];
            copy.edges[e].blocked = false;
        });
    });
    replay(copy);
    return copy;
}

/// The step whose graph is shown at another: itself, or the last one before it that has a graph.
export function graphNear(trace: Trace, run: Run, step: number): number {
    if (run.graphs.size === 0) return canWalk(trace, run) ? step : 0;
    return Math.max(...[...run.graphs.keys()].filter((kept) => kept <= step), 0);
}
