// What is wrong with an answer: most wrong ones leave out a factor, or take one too many.
import { chainOf, factorsOf } from "../trace/chain";
import { symbolOf } from "../trace/notation";
import { nameOf } from "../trace/trace";
import type { Trace, TraceEvent } from "../trace/types";

export type Verdict =
    | { kind: "right" | "sign" | "wrong" }
    | { kind: "missing" | "twice" | "upstream" | "local"; factor: string };

// An answer of three digits is right; people do not type sixteen.
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 2e-3 * Math.max(Math.abs(b), 1e-12);

export function judge(trace: Trace, event: TraceEvent, answer: number): Verdict {
    if (near(answer, event.product)) return { kind: "right" };
    if (event.kind !== "contribution") return { kind: "wrong" };
    const edge = trace.edges[event.edge];
    const upstream = `∂${nameOf(trace, trace.root)}/∂${nameOf(trace, edge.to)}`;
    if (near(answer, event.upstream)) return { kind: "upstream", factor: symbolOf(trace, edge) };
    if (near(answer, event.local)) return { kind: "local", factor: upstream };
    if (near(answer, -event.product)) return { kind: "sign" };
    for (const factor of factorsOf(trace, chainOf(trace, edge))) {
        if (near(answer * factor.local, event.product)) return { kind: "missing", factor: symbolOf(trace, factor) };
        if (near(answer, event.product * factor.local)) return { kind: "twice", factor: symbolOf(trace, factor) };
    }
    return { kind: "wrong" };
}
