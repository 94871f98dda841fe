// The factors of a contribution, as far up as only one way leads: dL/dw11 += (y - t) * v1 * sigmoid'(z1) * x1.
import { symbolOf } from "./notation";
import type { Trace, TraceEdge } from "./types";

export interface Chain {
    from: number; // the node whose gradient begins the product; the root if all of the way is in it
    edges: TraceEdge[]; // from there down to the receiving node
}

/// Node by node upwards from an edge; a node with several contributions ends it, for its gradient is a sum.
export function chainOf(trace: Trace, edge: TraceEdge, most = 12): Chain {
    const edges = [edge];
    let node = edge.to;
    if (edge.vjp !== "") return { from: node, edges };
    while (node !== trace.root && trace.nodes[node].uses.length === 1 && edges.length < most) {
        const up = trace.edges[trace.nodes[node].uses[0]];
        if (up.vjp !== "") break;
        edges.unshift(up);
        node = up.to;
    }
    return { from: node, edges };
}

/// Factors that are not 1.
export const factorsOf = (trace: Trace, chain: Chain): TraceEdge[] =>
    chain.edges.filter((e) => symbolOf(trace, e) !== "1");
