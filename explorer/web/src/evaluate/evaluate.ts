// The numbers of a trace computed anew in the page.
import { copyOf, isConstant, isLeaf } from "../trace/trace";
import { replay } from "../trace/replay";
import type { Trace } from "../trace/types";
import { operationOf } from "./operations";

// Within the ulps that two libraries of functions may differ by.
export function agree(a: number, b: number): boolean {
    return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
}

const inputsAt = (trace: Trace, node: number, values: ArrayLike<number>): number[] =>
    trace.nodes[node].inputs.map((e) => values[trace.edges[e].from]);

export function valueAt(trace: Trace, node: number, values: ArrayLike<number>): number {
    const n = trace.nodes[node];
    if (n.inputs.length === 0) return values[node];
    return operationOf(n.op, n.inputs.length)!.value(inputsAt(trace, node, values));
}

export function slopesAt(trace: Trace, node: number, values: ArrayLike<number>): number[] {
    const n = trace.nodes[node];
    const op = operationOf(n.op, n.inputs.length);
    if (!op) return n.inputs.map((e) => trace.edges[e].local);
    return op.slopes(inputsAt(trace, node, values), values[node]);
}

export const valuesOf = (trace: Trace): number[] => trace.nodes.map((n) => n.value);

/// Whether the page can compute this node: it knows the operation, and gets the value that was recorded. (An operation of
/// the user's own may have a name of ours.)
export function canEvaluate(trace: Trace, node: number): boolean {
    const n = trace.nodes[node];
    if (n.inputs.length === 0) return true;
    if (trace.operations.get(n.op)?.known === false || !operationOf(n.op, n.inputs.length)) return false;
    return agree(valueAt(trace, node, valuesOf(trace)), n.value);
}

/// The first node that cannot be computed here, or -1: then leaves can be edited.
export function firstUnknown(trace: Trace): number {
    const values = valuesOf(trace);
    return trace.nodes.findIndex((n, i) => {
        if (n.dtype !== "") return true; // the page computes in float64, one number at a time
        if (n.inputs.length === 0) return false;
        if (trace.operations.get(n.op)?.known === false || !operationOf(n.op, n.inputs.length)) return true;
        return !agree(valueAt(trace, i, values), n.value);
    });
}

/// All values where `node` has the value x. `behind` are the nodes that follow from it, in order.
export function valuesWith(trace: Trace, values: number[], node: number, x: number, behind: number[]): number[] {
    const moved = values.slice();
    moved[node] = x;
    for (const i of behind) moved[i] = valueAt(trace, i, moved);
    return moved;
}

/// The nodes whose values follow from that one.
export function nodesBehind(trace: Trace, node: number): number[] {
    const changed = new Uint8Array(trace.nodes.length);
    changed[node] = 1;
    const behind: number[] = [];
    for (let i = node + 1; i < trace.nodes.length; ++i) {
        if (!trace.nodes[i].inputs.some((e) => changed[trace.edges[e].from] === 1)) continue;
        changed[i] = 1;
        behind.push(i);
    }
    return behind;
}

/// Changes to a trace: other values of leaves and of their elements, and other operations of one input.
export interface Edits {
    values: Map<number, number>;
    elements: Map<number, Map<number, number>>; // of tensors, by row-major position
    operations: Map<number, string>;
}
export const noEdits = (): Edits => ({ values: new Map(), elements: new Map(), operations: new Map() });
export const isEdited = (edits: Edits): boolean => edits.values.size + edits.elements.size + edits.operations.size > 0;

/// The trace that the program would give with these edits; the one given stays as it was.
export function edited(trace: Trace, edits: Edits): Trace {
    const copy = copyOf(trace);
    for (const [node, x] of edits.values) if (isLeaf(copy.nodes[node])) copy.nodes[node].value = x;
    for (const [node, op] of edits.operations) {
        if (copy.nodes[node].op === op) continue;
        copy.nodes[node].op = op;
        for (const e of copy.nodes[node].inputs) copy.edges[e].symbol = "";
    }
    copy.known = null;
    const values = valuesOf(copy);
    copy.nodes.forEach((n, i) => {
        if (n.inputs.length === 0) return;
        n.value = values[i] = valueAt(copy, i, values);
        const slopes = slopesAt(copy, i, values);
        n.inputs.forEach((e, slot) => {
            const edge = copy.edges[e];
            if (!isConstant(copy.nodes[edge.from])) edge.local = slopes[slot];
            edge.blocked = false;
        });
    });
    replay(copy);
    return copy;
}
