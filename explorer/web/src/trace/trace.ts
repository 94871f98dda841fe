// Questions that a trace answers.
import type { Trace, TraceNode } from "./types";

export const isConstant = (n: TraceNode): boolean => n.op === "constant";
export const isLeaf = (n: TraceNode): boolean => n.op === "leaf";
/// A number in a formula, and no node of its own to look at.
export const isHidden = (n: TraceNode): boolean => isConstant(n) && n.label === "";
/// A leaf, a number of the program, or what was cut off.
export const isSource = (n: TraceNode): boolean => isLeaf(n) || isConstant(n) || n.op === "folded";

export function nameOf(trace: Trace, node: number): string {
    return trace.nodes[node].label || `#${node}`;
}

/// The node with that label or number ("w", "7", "#7"), or -1. The last of a name is the one the program means in the end.
export function findNode(trace: Trace, wanted: string): number {
    for (let i = trace.nodes.length; i-- > 0; ) {
        if (trace.nodes[i].label !== "" && trace.nodes[i].label === wanted) return i;
    }
    const digits = /^#?(\d+)$/.exec(wanted);
    return digits && Number(digits[1]) < trace.nodes.length ? Number(digits[1]) : -1;
}

/// Fills `inputs` and `uses` of the nodes.
export function link(trace: Trace): void {
    for (const n of trace.nodes) (n.inputs = []), (n.uses = []);
    trace.edges.forEach((e, i) => {
        trace.nodes[e.to].inputs.push(i);
        trace.nodes[e.from].uses.push(i);
    });
}

/// The events that make a node's gradient, in the order in which they arrive.
export function ledgerOf(trace: Trace, node: number): number[] {
    const rows: number[] = [];
    trace.events.forEach((e, i) => {
        if (e.node === node && e.kind !== "complete") rows.push(i);
    });
    return rows;
}

export interface Path {
    edges: number[]; // from the root to the node
    product: number; // of their local derivatives and the seed
}

/// The ways from the root to a node, whose products sum to its gradient. `complete` tells whether these are all.
export function pathsTo(trace: Trace, node: number, most = 64): { list: Path[]; complete: boolean } {
    const list: Path[] = [];
    const way = [{ node, next: 0 }];
    const edges: number[] = [];
    while (way.length > 0) {
        const last = way[way.length - 1];
        if (last.node === trace.root) {
            if (list.length === most) return { list, complete: false };
            const path = [...edges].reverse();
            list.push({ edges: path, product: path.reduce((p, e) => p * trace.edges[e].local, trace.seed) });
        }
        const uses = trace.nodes[last.node].uses;
        if (last.node !== trace.root && last.next < uses.length) {
            const e = uses[last.next++];
            edges.push(e);
            way.push({ node: trace.edges[e].to, next: 0 });
            continue;
        }
        way.pop();
        edges.pop();
    }
    return { list, complete: true };
}

/// A trace of its own, so that a change leaves the first as it was.
export function copyOf(trace: Trace): Trace {
    return {
        ...trace,
        nodes: trace.nodes.map((n) => ({ ...n })),
        edges: trace.edges.map((e) => ({ ...e })),
        events: trace.events,
    };
}

/// Where the gradient of each node is a tensor after the last event: its place, or -1.
export function gradientPlaces(trace: Trace): number[] {
    const places = trace.nodes.map(() => -1);
    for (const e of trace.events) places[e.node] = e.tensors?.after ?? -1;
    return places;
}
