// Backward over the edges of a trace, as the engine does it: results in descending order of creation, by slot.
import { isConstant, isLeaf } from "./trace";
import type { Trace, TraceEdge, TraceEvent } from "./types";

/// Mistakes that people make in their own backward pass, to see what comes of them.
export interface Mistakes {
    overwrite: boolean; // `grad = product` where `grad += product` belongs
    keep: boolean; // zero_grad forgotten: leaves start with what the last pass left
}
export const noMistakes: Mistakes = { overwrite: false, keep: false };

// A gradient of 0 passes nothing through an infinite slope, and a blocked choice passes nothing at all.
function passes(upstream: number, edge: TraceEdge): boolean {
    return !Number.isNaN(upstream * edge.local) || (upstream !== 0 && !edge.blocked);
}

export interface Pass {
    events: TraceEvent[];
    start: (number | null)[]; // gradients before the first event
    startTensors?: number[]; // where they are tensors, their places
    gradients: (number | null)[]; // after the last
    contributions: (number | null)[]; // by edge
}

/// The events of a backward pass. `left` is what an earlier pass left in the leaves.
export function backward(trace: Trace, mistakes: Mistakes = noMistakes, left: (number | null)[] = []): Pass {
    if (trace.recorded) return passOf(trace, trace.recorded);
    const { nodes, edges } = trace;
    const gradients: (number | null)[] = nodes.map((n, i) => (mistakes.keep && isLeaf(n) ? (left[i] ?? null) : null));
    const pass: Pass = { events: [], start: [...gradients], gradients, contributions: edges.map(() => null) };
    const reached = nodes.map(() => false);
    const awaited = nodes.map((n) => n.uses.length);
    const complete = (node: number) => {
        const arrived = gradients[node] as number;
        const known = trace.known?.[node] ?? null;
        // The bits of the run, where an operation's slope here has others in its last place
        if (known !== null && Math.abs(known - gradients[node]!) <= 1e-12 * Math.abs(known) && !mistakes.overwrite && !mistakes.keep) gradients[node] = known;
        const total = gradients[node] as number;
        const none = { edge: -1, upstream: NaN, local: NaN, product: NaN };
        pass.events.push({ kind: "complete", node, ...none, before: arrived, after: total });
    };
    const add = (node: number, product: number): [number | null, number] => {
        const before = gradients[node];
        const after = mistakes.overwrite ? product : (before ?? 0) + product;
        gradients[node] = after;
        reached[node] = true;
        return [before, after];
    };
    const [before, after] = add(trace.root, trace.seed);
    const seed = { edge: -1, upstream: NaN, local: NaN, product: trace.seed };
    pass.events.push({ kind: "seed", node: trace.root, ...seed, before, after });
    complete(trace.root);
    for (let i = trace.root; i >= 0; --i) {
        for (const number of nodes[i].inputs) {
            const edge = edges[number];
            if (isConstant(nodes[edge.from])) continue;
            const upstream = reached[i] ? gradients[i] : null;
            if (upstream !== null && passes(upstream, edge)) {
                const product = upstream * edge.local;
                const [had, has] = add(edge.from, product);
                pass.contributions[number] = product;
                pass.events.push({
                    kind: "contribution",
                    node: edge.from,
                    edge: number,
                    upstream,
                    local: edge.local,
                    product,
                    before: had,
                    after: has,
                });
            }
            if (--awaited[edge.from] === 0 && reached[edge.from]) complete(edge.from);
        }
    }
    return pass;
}

// As the file has it: evaluate/tensor_run.ts makes what goes through tensors anew, where it can.
function passOf(trace: Trace, events: TraceEvent[]): Pass {
    const none = () => trace.nodes.map(() => null);
    const pass: Pass = { events, start: none(), gradients: none(), contributions: trace.edges.map(() => null) };
    for (const e of events) {
        pass.gradients[e.node] = e.after;
        if (e.kind === "contribution") pass.contributions[e.edge] = e.product;
    }
    return pass;
}

/// Fills events, contributions and gradients of the trace.
export function replay(trace: Trace, mistakes: Mistakes = noMistakes, left: (number | null)[] = []): Pass {
    const pass = backward(trace, mistakes, left);
    trace.events = pass.events;
    trace.nodes.forEach((n, i) => (n.gradient = pass.gradients[i]));
    trace.edges.forEach((e, i) => (e.contribution = pass.contributions[i]));
    return pass;
}
