// The trace as a file again, with the reader's changes in it.
import { gradientPlaces } from "../trace/trace";
import { traceVersion } from "../trace/read";
import type { ElementOperation, Terms, Trace, TraceEvent } from "../trace/types";

const number = (x: number | null): number | string | null => (x === null || Number.isFinite(x) ? x : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");
/// A number, or the place of a tensor.
const quantity = (x: number | null, tensor = -1) => (tensor >= 0 ? { tensor } : number(x));

function event(e: TraceEvent): object {
    const { tensors } = e;
    const base = { kind: e.kind, node: e.node, after: quantity(e.after, tensors?.after) };
    if (e.kind === "complete") return base;
    const more = { ...base, before: quantity(e.before, tensors?.before), product: quantity(e.product, tensors?.product) };
    return e.kind === "seed" ? more : { ...more, edge: e.edge, upstream: quantity(e.upstream, tensors?.upstream), local: tensors && Number.isNaN(e.local) ? null : number(e.local) };
}
function operation({ op, label, in: from }: ElementOperation): object {
    return { op, in: from.map((i) => ("earlier" in i ? i.earlier : "number" in i ? { number: number(i.number) } : [i.input, i.at])), ...(label !== "" && { label }) };
}
function terms({ form, of, bias, at, operations }: Terms): object {
    return { form, of: form === "operations" ? operations.map((list) => list.map(operation)) : of, ...(bias.length > 0 && { bias }), ...(at.length > 0 && { at }) };
}
function tensorParts(trace: Trace): object {
    const statistics = (s: Record<string, number>) => Object.fromEntries(Object.entries(s).map(([key, x]) => [key, number(x)]));
    return { version: traceVersion, tensors: trace.tensors.map((t) => ({ dtype: t.dtype, shape: t.shape, values: t.values.map(number), ...(t.every > 1 && { every: t.every, statistics: statistics(t.statistics) }) })) };
}

export function jsonOf(trace: Trace, generator = "xgrad's page"): string {
    if (trace.file !== "") return trace.file;
    const gradients = gradientPlaces(trace);
    const brought = new Map(trace.events.filter((e) => e.kind === "contribution").map((e) => [e.edge, e.tensors?.product ?? -1]));
    const nodes = trace.nodes.map((n, id) => ({
        id,
        op: n.op,
        value: n.kept ? quantity(n.value, n.tensor) : null,
        gradient: quantity(n.gradient, gradients[id]),
        shape: n.shape,
        ...(n.dtype !== "" && { dtype: n.dtype }),
        ...(n.label !== "" && { label: n.label }),
        ...(n.module !== "" && { module: n.module }),
        ...(n.file !== "" && { file: n.file, line: n.line }),
        ...(n.terms && { terms: terms(n.terms) }),
    }));
    const edges = trace.edges.map((e, id) => ({
        id,
        from: e.from,
        to: e.to,
        slot: e.slot,
        local: e.vjp !== "" && e.localTensor < 0 && Number.isNaN(e.local) ? null : quantity(e.local, e.localTensor),
        ...(e.vjp !== "" ? { vjp: e.vjp } : { symbol: e.symbol }),
        contribution: quantity(e.contribution, brought.get(id)),
        ...(e.position >= 0 && { position: e.position }),
        ...(e.difference !== null && { difference: number(e.difference) }),
        ...(e.blocked && { blocked: true }),
    }));
    const sources = Object.fromEntries([...trace.sources].map(([file, lines]) => [file, Object.fromEntries(lines)]));
    const left = trace.omitted > 0 ? { omitted: { nodes: trace.omitted, reason: trace.reason } } : {};
    return JSON.stringify({ format: "xgrad-trace", version: 1, ...(trace.recorded && tensorParts(trace)), generator, root: trace.root, seed: number(trace.seed), forward: nodes.map((n) => n.id), nodes, edges, backward: trace.events.map(event), operations: Object.fromEntries(trace.operations), sources, ...left });
}
