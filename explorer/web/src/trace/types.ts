// One run of a program and its backward pass: docs/explorer/trace-format.md describes the file, this the same in memory.
// Nodes, edges and events are named by their place in these lists.

import type { Run } from "./training";

/// Numbers of a tensor as they were, in row-major order; or every n-th of them.
export interface Tensor {
    dtype: string;
    shape: number[];
    values: number[];
    every: number;
    statistics: { min: number; max: number; mean: number; norm: number; zeros: number; bad: number };
}

/// A scalar operation of an element. Its inputs: an earlier one of the list, an entry of a tensor, or a number.
export interface ElementOperation {
    op: string;
    label: string;
    in: ({ earlier: number } | { input: number; at: number } | { number: number })[];
}

/// What adds up to the elements of a result, by positions in its inputs: docs/explorer/trace-format.md.
export interface Terms {
    form: string;
    of: (number | number[])[][];
    bias: number[];
    at: number[];
    operations: ElementOperation[][]; // of the form "operations", the last of a list being the element
}

/// Where a scalar has a number, a node or event of tensors has the place of one in `Trace.tensors`, and NaN; -1: a number.
export interface EventTensors {
    upstream: number;
    product: number;
    before: number;
    after: number;
}

export interface TraceNode {
    op: string; // "leaf", "constant" or an operation
    label: string;
    module: string;
    file: string;
    line: number;
    shape: number[];
    dtype: string; // empty for a Value
    value: number;
    tensor: number; // -1: the value is a number
    kept: boolean; // false: nothing kept the value
    terms: Terms | null;
    gradient: number | null; // after the last event; null: nothing arrives
    inputs: number[]; // edges
    uses: number[]; // edges
}

export interface TraceEdge {
    from: number;
    to: number;
    slot: number;
    local: number;
    difference: number | null; // of an operation that the page cannot compute: the slope that its function had
    blocked: boolean;
    symbol: string;
    vjp: string; // of a tensor: what the rule makes of the upstream gradient
    localTensor: number;
    position: number; // of stack and value_at: which entry; -1: of another operation
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
    tensors?: EventTensors;
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
    tensors: Tensor[];
    recorded: TraceEvent[] | null; // with tensors: the events of the file, which edges alone cannot make
    runs: Run[]; // trainings that were recorded
    known: (number | null)[] | null; // gradients to the bit, of a step of a training
    file: string; // the text of a trace with tensors, which the page cannot make again
    omitted: number; // nodes that were left out because the graph was too large
    reason: string; // why
    fold: string[]; // modules that are folded at first
}
