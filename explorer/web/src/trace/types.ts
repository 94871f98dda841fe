// One run of a program and its backward pass: docs/explorer/trace-format.md describes the file, this the same in memory.
// Nodes, edges and events are named by their place in these lists.

export interface TraceNode {
    op: string; // "leaf", "constant" or an operation
    label: string;
    module: string;
    file: string;
    line: number;
    shape: number[];
    value: number;
    gradient: number | null; // after the last event; null: nothing arrives
    inputs: number[]; // edges
    uses: number[]; // edges
}

export interface TraceEdge {
    from: number;
    to: number;
    slot: number;
    local: number;
    blocked: boolean;
    symbol: string;
    contribution: number | null;
}

export type EventKind = "seed" | "contribution" | "complete";

export interface TraceEvent {
    kind: EventKind;
    node: number;
    edge: number; // of a contribution
    upstream: number;
    local: number;
    product: number;
    before: number | null; // null: nothing had arrived
    after: number;
}

export interface TraceOperation {
    formula: string;
    derivative: string;
    known: boolean; // it can be computed from its inputs
}

export interface Trace {
    nodes: TraceNode[]; // inputs before results
    edges: TraceEdge[];
    events: TraceEvent[];
    root: number;
    seed: number;
    operations: Map<string, TraceOperation>;
    sources: Map<string, Map<number, string>>;
    omitted: number; // nodes that were left out because the graph was too large
}
