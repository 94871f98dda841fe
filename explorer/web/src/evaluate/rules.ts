// What an operation on tensors does with its numbers, forward and backward. Few kinds make all of them.
import type { Operation } from "./operations";
import { type Shape, broadcastPositions, sizeOf } from "./shapes";

export type Numbers = Float64Array;

export interface Rule {
    value(x: Numbers[]): Numbers;
    /// Of each input what the gradient g of the result brings to it; null: nothing.
    pull(x: Numbers[], y: Numbers, g: Numbers): (Numbers | null)[];
    /// The tangent of the result where the inputs have these; null is 0.
    push(x: Numbers[], y: Numbers, dx: (Numbers | null)[]): Numbers;
    /// Of an operation that works element by element: d(result)/d(input), in the shape of the result.
    slopes?(x: Numbers[], y: Numbers): Numbers[];
    /// What C++ calls it with after its inputs, where a candidate says so.
    options?: string;
    /// Which entries an element reads, where that depends on the numbers.
    reads?(x: Numbers[]): (number | number[])[][];
}

/// Element by element, with broadcasting.
export function elementwise(op: Operation, shapes: Shape[], shape: Shape): Rule {
    const at = shapes.map((s) => broadcastPositions(s, shape));
    const size = sizeOf(shape);
    const entries = (x: Numbers[], i: number) => x.map((input, k) => input[at[k][i]]);
    const slopes = (x: Numbers[], y: Numbers) => {
        const out = x.map(() => new Float64Array(size));
        for (let i = 0; i < size; ++i) op.slopes(entries(x, i), y[i]).forEach((s, k) => (out[k][i] = s));
        return out;
    };
    return {
        value: (x) => Float64Array.from({ length: size }, (_, i) => op.value(entries(x, i))),
        slopes,
        pull(x, y, g) {
            return slopes(x, y).map((slope, k) => {
                const out = new Float64Array(x[k].length);
                // A gradient of 0 passes nothing through an infinite slope.
                for (let i = 0; i < size; ++i) if (g[i] !== 0 || Number.isFinite(slope[i])) out[at[k][i]] += g[i] * slope[i];
                return out;
            });
        },
        push(x, y, dx) {
            const out = new Float64Array(size);
            slopes(x, y).forEach((slope, k) => {
                const d = dx[k];
                if (d) for (let i = 0; i < size; ++i) if (d[at[k][i]] !== 0) out[i] += slope[i] * d[at[k][i]];
            });
            return out;
        },
    };
}

/// result[out[k]] += a[p[k]] * b[q[k]], and a bias: products of matrices, convolutions.
export function bilinear(size: number, out: Int32Array, p: Int32Array, q: Int32Array, bias: Int32Array | null): Rule {
    const sum = (a: Numbers, b: Numbers, y: Numbers) => {
        for (let k = 0; k < out.length; ++k) y[out[k]] += a[p[k]] * b[q[k]];
        return y;
    };
    const offset = (c: Numbers | null | undefined) => (bias && c ? Float64Array.from(bias, (i) => c[i]) : new Float64Array(size));
    return {
        value: ([a, b, c]) => {
            const y = sum(a, b, new Float64Array(size));
            if (bias) for (let i = 0; i < size; ++i) y[i] += c[bias[i]];
            return y;
        },
        pull([a, b, c], _, g) {
            const [ga, gb] = [new Float64Array(a.length), new Float64Array(b.length)];
            for (let k = 0; k < out.length; ++k) {
                ga[p[k]] += g[out[k]] * b[q[k]];
                gb[q[k]] += g[out[k]] * a[p[k]];
            }
            if (!bias) return [ga, gb];
            const gc = new Float64Array(c.length);
            bias.forEach((at, i) => (gc[at] += g[i]));
            return [ga, gb, gc];
        },
        push([a, b], _, [da, db, dc]) {
            const y = offset(dc);
            if (da) sum(da, b, y);
            if (db) sum(a, db, y);
            return y;
        },
    };
}

/// result[out[k]] += weight[k] * input[from[k]][p[k]]: sums, means, slices, other shapes, what is joined.
export function linear(size: number, out: Int32Array, from: Int32Array, p: Int32Array, weight: Float64Array | null): Rule {
    const sum = (x: (Numbers | null)[]) => {
        const y = new Float64Array(size);
        for (let k = 0; k < out.length; ++k) {
            const input = x[from[k]];
            if (input) y[out[k]] += weight ? weight[k] * input[p[k]] : input[p[k]];
        }
        return y;
    };
    return {
        value: sum,
        pull(x, _, g) {
            const read = new Set(from);
            const grads = x.map((input, i) => (read.has(i) ? new Float64Array(input.length) : null));
            for (let k = 0; k < out.length; ++k) grads[from[k]]![p[k]] += weight ? weight[k] * g[out[k]] : g[out[k]];
            return grads;
        },
        push: (_, __, dx) => sum(dx),
    };
}
/// Every element is one of input 0.
export const picks = (at: Int32Array): Rule => linear(at.length, Int32Array.from(at, (_, i) => i), new Int32Array(at.length), at, null);

/// Entries of input 0 that belong together, and the elements of the result that they make.
export interface Row {
    in: Int32Array;
    out: Int32Array;
}

/// softmax and log_softmax of every row.
export function normalized(rows: Row[], log: boolean): Rule {
    const shares = ({ in: at }: Row, x: Numbers) => {
        let top = -Infinity;
        for (const i of at) top = Math.max(top, x[i]);
        let total = 0;
        const e = Float64Array.from(at, (i) => Math.exp(x[i] - top));
        for (const v of e) total += v;
        return { p: e.map((v) => v / total), norm: Math.log(total), top };
    };
    return {
        value([x]) {
            const y = new Float64Array(x.length);
            for (const row of rows) {
                const { p, norm, top } = shares(row, x);
                row.out.forEach((o, k) => (y[o] = log ? x[row.in[k]] - top - norm : p[k]));
            }
            return y;
        },
        pull([x], y, g) {
            const gx = new Float64Array(x.length);
            for (const row of rows) {
                let total = 0;
                for (const o of row.out) total += log ? g[o] : g[o] * y[o];
                row.out.forEach((o, k) => (gx[row.in[k]] = log ? g[o] - Math.exp(y[o]) * total : y[o] * (g[o] - total)));
            }
            return [gx];
        },
        push([x], y, [d]) {
            const dy = new Float64Array(x.length);
            for (const row of d ? rows : []) {
                let mean = 0;
                row.out.forEach((o, k) => (mean += (log ? Math.exp(y[o]) : y[o]) * d![row.in[k]]));
                row.out.forEach((o, k) => (dy[o] = (log ? 1 : y[o]) * (d![row.in[k]] - mean)));
            }
            return dy;
        },
    };
}

/// A rule of rows that each make one element, by the function of their entries and its slopes.
export function reduction(rows: Row[], of: (x: Numbers) => number, slopes: (x: Numbers, y: number) => Numbers, reads?: (x: Numbers) => number): Rule {
    const entries = (row: Row, x: Numbers) => Float64Array.from(row.in, (i) => x[i]);
    return {
        value: ([x]) => {
            const y = new Float64Array(rows.length);
            for (const row of rows) y[row.out[0]] = of(entries(row, x));
            return y;
        },
        pull(x, y, g) {
            const gx = new Float64Array(x[0].length);
            for (const row of rows) {
                const s = slopes(entries(row, x[0]), y[row.out[0]]);
                row.in.forEach((at, k) => s[k] !== 0 && (gx[at] += g[row.out[0]] * s[k]));
            }
            return x.map((_, i) => (i === 0 ? gx : null));
        },
        push([x], y, [d]) {
            const dy = new Float64Array(rows.length);
            for (const row of d ? rows : []) {
                const s = slopes(entries(row, x), y[row.out[0]]);
                row.in.forEach((at, k) => s[k] !== 0 && (dy[row.out[0]] += s[k] * d![at]));
            }
            return dy;
        },
        ...(reads && {
            reads: ([x]) => {
                const terms: (number | number[])[][] = rows.map(() => []);
                for (const row of rows) terms[row.out[0]] = [[row.in[reads(entries(row, x))], 1]];
                return terms;
            },
        }),
    };
}
