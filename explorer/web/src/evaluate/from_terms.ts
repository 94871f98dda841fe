// Rules from what a trace says of the elements of a result: no name of an operation is asked.
import type { TraceNode } from "../trace/types";
import { type Numbers, type Row, type Rule, bilinear, linear, normalized, reduction } from "./rules";
import { sizeOf } from "./shapes";

const count = (of: unknown[][]): number => of.reduce((sum, list) => sum + list.length, 0);

export function largest(rows: Row[], sign: 1 | -1, shared: boolean): Rule {
    const top = (x: Numbers) => x.reduce((a, b) => (sign * b > sign * a || b !== b ? b : a), -sign * Infinity);
    const share = (x: Numbers, y: number) => {
        if (!shared) return x.map((_, i) => (i === x.indexOf(y) ? 1 : 0));
        const hits = x.filter((v) => v === y).length;
        return x.map((v) => (v === y ? 1 / hits : 0));
    };
    return reduction(rows, top, share);
}

/// Null: the node has no terms, or of a form that is not known here.
export function ruleFromTerms(n: TraceNode): Rule | null {
    if (!n.terms || n.terms.of.length !== sizeOf(n.shape)) return null;
    const { form, of, bias, at } = n.terms;
    const size = of.length;
    if (form === "products" || form === "weighted") {
        const [out, from, p, q] = [0, 0, 0, 0].map(() => new Int32Array(count(of)));
        const weight = new Float64Array(out.length);
        let k = 0;
        (of as number[][][]).forEach((list, i) =>
            list.forEach((term) => {
                const [input, position, w] = term.length === 3 ? term : [0, ...term];
                [out[k], from[k], p[k], q[k], weight[k]] = [i, input, position, w, w];
                ++k;
            }),
        );
        if (form === "products") return bilinear(size, out, p, q, bias.length > 0 ? Int32Array.from(bias) : null);
        return linear(size, out, from, p, weight.every((w) => w === 1) ? null : weight);
    }
    const lists = of as number[][];
    if (form === "softmax" || form === "log_softmax") {
        const rows = new Map<string, { list: number[]; out: number[] }>();
        lists.forEach((list, i) => {
            const key = list.join();
            if (!rows.has(key)) rows.set(key, { list, out: list.map(() => -1) });
            const row = rows.get(key)!;
            row.out[row.list.indexOf(at[i])] = i;
        });
        const groups = [...rows.values()].map(({ list, out }): Row => ({ in: Int32Array.from(list), out: Int32Array.from(out) }));
        return groups.some((r) => r.out.includes(-1)) ? null : normalized(groups, form === "log_softmax");
    }
    if (form !== "largest" && form !== "smallest") return null;
    const rows = lists.map((list, i): Row => ({ in: Int32Array.from(list), out: Int32Array.of(i) }));
    return largest(rows, form === "largest" ? 1 : -1, n.op === "max" || n.op === "min");
}
