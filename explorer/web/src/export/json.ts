// The trace as a file again, with the reader's changes in it.
import type { Trace, TraceEvent } from "../trace/types";

const number = (x: number | null): number | string | null => (x === null || Number.isFinite(x) ? x : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");

function event(e: TraceEvent): object {
    const base = { kind: e.kind, node: e.node, after: number(e.after) };
    if (e.kind === "complete") return base;
    const more = { ...base, before: number(e.before), product: number(e.product) };
    return e.kind === "seed" ? more : { ...more, edge: e.edge, upstream: number(e.upstream), local: number(e.local) };
}

export function jsonOf(trace: Trace, generator = "xgrad's page"): string {
    if (trace.file !== "") return trace.file;
    const nodes = trace.nodes.map((n, id) => ({
        id,
        op: n.op,
        value: number(n.value),
        gradient: number(n.gradient),
        shape: n.shape,
        ...(n.label !== "" && { label: n.label }),
        ...(n.module !== "" && { module: n.module }),
        ...(n.file !== "" && { file: n.file, line: n.line }),
    }));
    const edges = trace.edges.map(({ from, to, slot, local, symbol, contribution, blocked }, id) => ({ id, from, to, slot, local: number(local), symbol, contribution: number(contribution), ...(blocked && { blocked }) }));
    const sources = Object.fromEntries([...trace.sources].map(([file, lines]) => [file, Object.fromEntries(lines)]));
    return JSON.stringify({ format: "xgrad-trace", version: 1, generator, root: trace.root, seed: number(trace.seed), forward: nodes.map((n) => n.id), nodes, edges, backward: trace.events.map(event), operations: Object.fromEntries(trace.operations), sources });
}
