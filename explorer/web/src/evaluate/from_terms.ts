// Rules from what a trace says of the elements of a result: no name of an operation is asked.
import type { ElementOperation, TraceNode } from "../trace/types";
import { operationOf } from "./operations";
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

// Every element is computed by a list of scalar operations of its own.
function byOperations(all: ElementOperation[][]): Rule | null {
    const known = all.map((list) => list.map(({ op, in: from }) => operationOf(op, from.length)));
    if (known.some((list) => list.length === 0 || list.includes(null))) return null;
    const inputs = (list: ElementOperation[], k: number, x: Numbers[], v: number[]) => list[k].in.map((i) => ("earlier" in i ? v[i.earlier] : "number" in i ? i.number : x[i.input][i.at]));
    const values = (x: Numbers[], i: number) => {
        const v: number[] = [];
        all[i].forEach((_, k) => v.push(known[i][k]!.value(inputs(all[i], k, x, v))));
        return v;
    };
    const slopes = (x: Numbers[], v: number[], i: number, k: number) => known[i][k]!.slopes(inputs(all[i], k, x, v), v[k]);
    return {
        value: (x) => Float64Array.from(all, (list, i) => values(x, i)[list.length - 1]),
        pull(x, _, g) {
            const read = new Set(all.flat().flatMap(({ in: from }) => from.map((i) => ("input" in i ? i.input : -1))));
            const grads = x.map((input, i) => (read.has(i) ? new Float64Array(input.length) : null));
            all.forEach((list, i) => {
                const v = values(x, i);
                const d = v.map(() => 0);
                d[v.length - 1] = g[i];
                for (let k = v.length - 1; k >= 0; --k) {
                    if (d[k] === 0) continue;
                    const s = slopes(x, v, i, k);
                    list[k].in.forEach((from, slot) => {
                        if (s[slot] === 0) return;
                        if ("earlier" in from) d[from.earlier] += d[k] * s[slot];
                        else if ("input" in from) grads[from.input]![from.at] += d[k] * s[slot];
                    });
                }
            });
            return grads;
        },
        push: (x, _, dx) =>
            Float64Array.from(all, (list, i) => {
                const v = values(x, i);
                const d: number[] = [];
                list.forEach(({ in: from }, k) => {
                    const s = slopes(x, v, i, k);
                    d.push(from.reduce((sum, f, slot) => sum + ("number" in f || s[slot] === 0 ? 0 : s[slot] * ("earlier" in f ? d[f.earlier] : (dx[f.input]?.[f.at] ?? 0))), 0));
                });
                return d[list.length - 1];
            }),
    };
}

/// Null: the node has no terms, or of a form that is not known here.
export function ruleFromTerms(n: TraceNode): Rule | null {
    if (n.terms?.form === "operations" && n.terms.operations.length === sizeOf(n.shape)) return byOperations(n.terms.operations);
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
