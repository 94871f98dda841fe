// Rules by the name of an operation, for results that have no terms in the trace. Axes, strides and margins are not in it:
// every rule that the shapes allow is a candidate, and the recorded numbers decide.
import type { Trace } from "../trace/types";
import { attention } from "./attention";
import { largest } from "./from_terms";
import { type Numbers, type Row, type Rule, bilinear, linear, normalized, picks, reduction } from "./rules";
import { type Shape, broadcastPositions, broadcasts, positions, same, sizeOf, stridesOf } from "./shapes";

const most = 4_000_000; // products of one operation; the page would be slow with more

export interface Call {
    op: string;
    shape: Shape;
    shapes: Shape[]; // of the inputs
    x: Numbers[]; // recorded
    y: Numbers;
}

function product(size: number, terms: number, fill: (put: (out: number, p: number, q: number) => void) => void, bias: Int32Array | null): Rule | null {
    if (terms > most) return null;
    const [out, p, q] = [new Int32Array(terms), new Int32Array(terms), new Int32Array(terms)];
    let k = 0;
    fill((o, i, j) => {
        [out[k], p[k], q[k]] = [o, i, j];
        ++k;
    });
    return bilinear(size, out.subarray(0, k), p.subarray(0, k), q.subarray(0, k), bias);
}

// The last axis of x with the last of w; a bias for every output.
function linearLayer({ shape, shapes: [x, w, b] }: Call): Rule | null {
    const [outputs, inputs] = w;
    const rows = sizeOf(x) / Math.max(1, inputs);
    const bias = b ? broadcastPositions(b, shape) : null;
    return product(sizeOf(shape), rows * outputs * inputs, (put) => {
        for (let r = 0; r < rows; ++r) for (let o = 0; o < outputs; ++o) for (let i = 0; i < inputs; ++i) put(r * outputs + o, r * inputs + i, o * inputs + i);
    }, bias);
}

function matmul({ shape, shapes: [a, b] }: Call): Rule | null {
    const left = a.length === 1 ? [1, a[0]] : a;
    const right = b.length === 1 ? [b[0], 1] : b;
    const [n, k, m] = [left[left.length - 2], left[left.length - 1], right[right.length - 1]];
    const batch = shape.slice(0, shape.length - (a.length > 1 ? 1 : 0) - (b.length > 1 ? 1 : 0));
    const at = (s: readonly number[]) => broadcastPositions(s.slice(0, -2), batch);
    const [pa, pb] = [at(left), at(right)];
    return product(sizeOf(shape), pa.length * n * k * m, (put) => {
        for (let i = 0; i < pa.length; ++i)
            for (let r = 0; r < n; ++r) for (let c = 0; c < m; ++c) for (let j = 0; j < k; ++j) put((i * n + r) * m + c, (pa[i] * n + r) * k + j, (pb[i] * k + j) * m + c);
    }, null);
}

const called = <R extends Rule | null>(rule: R, options: string): R => rule && { ...rule, options };

// One set of options for all axes; (N, C, ...) by (O, C / groups, ...).
function* convolutions({ shape, shapes: [x, w, b] }: Call): Generator<Rule | null> {
    const axes = x.length - 2;
    if (axes < 1 || w.length !== x.length || shape.length !== x.length || x[1] % w[1] !== 0) return;
    const perGroup = w[0] / (x[1] / w[1]);
    const [xs, ws, ys] = [stridesOf(x), stridesOf(w), stridesOf(shape)];
    const kernel = w.slice(2);
    const taps = positions(kernel, ws.slice(2));
    for (let dilation = 1; dilation <= 3; ++dilation)
        for (let stride = 1; stride <= 4; ++stride)
            for (let padding = 0; padding <= Math.max(...kernel) * dilation; ++padding) {
                const fits = kernel.every((k, i) => Math.floor((x[i + 2] + 2 * padding - dilation * (k - 1) - 1) / stride) + 1 === shape[i + 2]);
                if (!fits) continue;
                const outside = shape.slice(2);
                const places = sizeOf(outside);
                const bias = b ? Int32Array.from({ length: sizeOf(shape) }, (_, i) => Math.floor(i / ys[1]) % shape[1]) : null;
                const options = `${b ? "" : "{}, "}{.stride = ${stride}, .padding = ${padding}, .dilation = ${dilation}, .groups = ${x[1] / w[1]}}`;
                yield called(product(sizeOf(shape), sizeOf(shape) * w[1] * taps.length, (put) => {
                    const [o, t] = [outside.map(() => 0), kernel.map(() => 0)];
                    for (let place = 0; place < places; ++place) {
                        unflat(place, outside, o);
                        for (let tap = 0; tap < taps.length; ++tap) {
                            unflat(tap, kernel, t);
                            const from = o.map((v, i) => v * stride + t[i] * dilation - padding);
                            if (from.some((v, i) => v < 0 || v >= x[i + 2])) continue;
                            const here = from.reduce((sum, v, i) => sum + v * xs[i + 2], 0);
                            for (let n = 0; n < x[0]; ++n)
                                for (let c = 0; c < w[0]; ++c) {
                                    const first = Math.floor(c / perGroup) * w[1];
                                    for (let i = 0; i < w[1]; ++i) put(n * ys[0] + c * ys[1] + place, n * xs[0] + (first + i) * xs[1] + here, c * ws[0] + i * ws[1] + taps[tap]);
                                }
                        }
                    }
                }, bias), options);
            }
}
function unflat(at: number, shape: Shape, to: number[]): void {
    for (let axis = shape.length - 1; axis >= 0; --axis) {
        to[axis] = at % shape[axis];
        at = Math.floor(at / shape[axis]);
    }
}

// Sets of axes whose removal gives the shape of the result, with or without an axis of size 1 in their place.
function* reducedAxes(from: Shape, to: Shape): Generator<number[]> {
    const sets = Array.from({ length: 2 ** from.length }, (_, bits) => from.map((_, i) => i).filter((i) => (bits >> i) & 1));
    sets.sort((a, b) => a.length - b.length);
    for (const axes of sets) {
        const kept = from.filter((_, i) => !axes.includes(i));
        if (same(kept, to) || same(from.map((s, i) => (axes.includes(i) ? 1 : s)), to)) yield axes;
    }
}
function rowsOver(shape: Shape, axes: number[]): Row[] {
    const strides = stridesOf(shape);
    const rest = shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const inner = positions(axes.map((i) => shape[i]), axes.map((i) => strides[i]));
    const starts = positions(rest.map((i) => shape[i]), rest.map((i) => strides[i]));
    return Array.from(starts, (start, i): Row => ({ in: inner.map((at) => at + start), out: Int32Array.of(i) }));
}
const weightedRows = (rows: Row[], weight: (row: Row) => number): Rule => {
    const [out, p, w] = [[] as number[], [] as number[], [] as number[]];
    for (const row of rows) row.in.forEach((at) => (out.push(row.out[0]), p.push(at), w.push(weight(row))));
    return linear(rows.length, Int32Array.from(out), new Int32Array(out.length), Int32Array.from(p), Float64Array.from(w));
};

const sum = (x: Numbers): number => x.reduce((a, b) => a + b, 0);
function logSumExp(x: Numbers): number {
    const top = x.reduce((a, b) => Math.max(a, b), -Infinity);
    return Number.isFinite(top) ? top + Math.log(sum(x.map((v) => Math.exp(v - top)))) : top;
}
const euclid = (x: Numbers): number => Math.sqrt(sum(x.map((v) => v * v)));
const productOf = (x: Numbers): number => x.reduce((a, b) => a * b, 1);
function variance(x: Numbers, less: number): number {
    const mean = sum(x) / x.length;
    return sum(x.map((v) => (v - mean) ** 2)) / (x.length - less);
}
const varianceSlope = (x: Numbers, less: number): Numbers => {
    const mean = sum(x) / x.length;
    return x.map((v) => (2 * (v - mean)) / (x.length - less));
};

const reductions: Record<string, (rows: Row[]) => Rule[]> = {
    sum: (rows) => [weightedRows(rows, () => 1)],
    mean: (rows) => [weightedRows(rows, (row) => 1 / row.in.length)],
    max: (rows) => [largest(rows, 1, true)],
    min: (rows) => [largest(rows, -1, true)],
    max_with_index: (rows) => [largest(rows, 1, false)],
    min_with_index: (rows) => [largest(rows, -1, false)],
    logsumexp: (rows) => [reduction(rows, logSumExp, (x, y) => x.map((v) => Math.exp(v - y)))],
    prod: (rows) => [reduction(rows, productOf, (x) => x.map((_, i) => productOf(x.filter((_, k) => k !== i))))],
    norm: (rows) => [reduction(rows, euclid, (x, y) => x.map((v) => (y === 0 ? 0 : v / y))), reduction(rows, (x) => sum(x.map(Math.abs)), (x) => x.map(Math.sign))],
    variance: (rows) => [1, 0].map((less) => reduction(rows, (x) => variance(x, less), (x) => varianceSlope(x, less))),
    stddev: (rows) => [1, 0].map((less) => reduction(rows, (x) => Math.sqrt(variance(x, less)), (x, y) => varianceSlope(x, less).map((s) => (y === 0 ? 0 : s / (2 * y))))),
};

// Every element reads those up to it along one axis, from either end, with itself or without.
function* scans({ shape }: Call, of: (rows: Row[]) => Rule[]): Generator<Rule> {
    for (let axis = shape.length - 1; axis >= 0; --axis)
        for (const backwards of [false, true])
            for (const without of [0, 1]) {
                const rows = rowsOver(shape, [axis]).flatMap(({ in: line }) => {
                    const order = backwards ? line.slice().reverse() : line;
                    return Array.from(order, (at, i): Row => ({ in: order.slice(0, i + 1 - without), out: Int32Array.of(at) }));
                });
                for (const rule of of(rows)) yield backwards || without ? rule : called(rule, String(axis));
            }
}
const scanned: Record<string, string> = { cumsum: "sum", cumprod: "prod", cummax: "max_with_index", cummin: "min_with_index", logcumsumexp: "logsumexp" };

// Logits in rows along axis 1, or the only one; input 1 holds the positions of the targets.
function crossEntropy({ shapes: [x], x: [, target] }: Call, ofLogits: boolean): Rule | null {
    const rows = rowsOver(x, [x.length > 1 ? 1 : 0]);
    if (target.length !== rows.length || rows.some((r, i) => target[i] >= r.in.length)) return null;
    const rules = rows.map((row, i) => ({ row, at: target[i] }));
    if (!ofLogits) return linear(rows.length, Int32Array.from(rows, (_, i) => i), new Int32Array(rows.length), Int32Array.from(rules, ({ row, at }) => row.in[at]), new Float64Array(rows.length).fill(-1));
    const p = (x: Numbers, row: Row, norm: number) => Float64Array.from(row.in, (at) => Math.exp(x[at] - norm));
    const norms = (x: Numbers) => rows.map((row) => logSumExp(Float64Array.from(row.in, (at) => x[at])));
    return {
        value: ([x]) => Float64Array.from(norms(x), (norm, i) => (rules[i].at < 0 ? 0 : norm - x[rows[i].in[rules[i].at]])),
        pull([x], _, g) {
            const gx = new Float64Array(x.length);
            const all = norms(x);
            rules.forEach(({ row, at }, i) => at >= 0 && p(x, row, all[i]).forEach((share, k) => (gx[row.in[k]] = g[i] * (share - (k === at ? 1 : 0)))));
            return [gx, null];
        },
        push([x], _, [d]) {
            const all = norms(x);
            return Float64Array.from(rules, ({ row, at }, i) => (!d || at < 0 ? 0 : sum(p(x, row, all[i]).map((share, k) => share * d[row.in[k]])) - d[row.in[at]]));
        },
    };
}

// (x - mean) / sqrt(variance + eps) of rows, times a weight and plus a bias.
function standardized(rows: Row[], size: number, eps: number, affine: Int32Array | null): Rule {
    const stats = (x: Numbers, { in: at }: Row) => {
        const v = Float64Array.from(at, (i) => x[i]);
        const mean = sum(v) / v.length;
        return { mean, scale: 1 / Math.sqrt(variance(v, 0) + eps) };
    };
    const unit = (x: Numbers) => {
        const h = new Float64Array(size);
        for (const row of rows) {
            const { mean, scale } = stats(x, row);
            for (const i of row.in) h[i] = (x[i] - mean) * scale;
        }
        return h;
    };
    // Its derivative is a symmetric matrix.
    const J = (x: Numbers, v: Numbers, h: Numbers) => {
        const out = new Float64Array(size);
        for (const row of rows) {
            const { scale } = stats(x, row);
            let [first, second] = [0, 0];
            for (const i of row.in) (first += v[i] / row.in.length), (second += (v[i] * h[i]) / row.in.length);
            for (const i of row.in) out[i] = scale * (v[i] - first - h[i] * second);
        }
        return out;
    };
    const weightOf = (w: Numbers | undefined, i: number) => (w && affine ? w[affine[i]] : 1);
    return {
        value: ([x, w, b]) => unit(x).map((h, i) => h * weightOf(w, i) + (b && affine ? b[affine[i]] : 0)),
        pull([x, w, b], _, g) {
            const h = unit(x);
            const grads: (Numbers | null)[] = [J(x, g.map((v, i) => v * weightOf(w, i)), h)];
            const gather = (of: Numbers, term: (i: number) => number) => {
                const out = new Float64Array(of.length);
                affine!.forEach((at, i) => (out[at] += term(i)));
                return out;
            };
            if (w) grads.push(gather(w, (i) => g[i] * h[i]));
            if (b) grads.push(gather(b, (i) => g[i]));
            return grads;
        },
        push([x, w], _, [dx, dw, db]) {
            const h = unit(x);
            const d = dx ? J(x, dx, h).map((v, i) => v * weightOf(w, i)) : new Float64Array(size);
            if (affine) affine.forEach((at, i) => (d[i] += (dw ? dw[at] * h[i] : 0) + (db ? db[at] : 0)));
            return d;
        },
    };
}
function* normalizations(call: Call, channels: boolean): Generator<Rule | null> {
    const { shape, shapes } = call;
    const weight = shapes[1];
    const axes = shape.map((_, i) => i);
    const over = channels ? axes.filter((i) => i !== 1) : axes.slice(-(weight?.length ?? 1));
    const strides = shape.map((_, i) => (channels ? (i === 1 ? 1 : 0) : 0));
    const affine = !weight ? null : channels ? positions(shape, strides) : broadcastPositions(weight, shape);
    for (const eps of [1e-5, 1e-6, 1e-12, 1e-3, 0, 1e-8]) yield called(standardized(rowsOver(shape, over), sizeOf(shape), eps, affine), `{.eps = ${eps}}`);
}

function* permutations(shape: Shape, to: Shape): Generator<Rule> {
    const strides = stridesOf(shape);
    const order: number[] = [];
    function* rest(): Generator<Rule> {
        if (order.length === shape.length) return void (yield called(picks(positions(to, order.map((i) => strides[i]))), `{${order.join(", ")}}`));
        for (let i = 0; i < shape.length; ++i) {
            if (order.includes(i) || shape[i] !== to[order.length]) continue;
            order.push(i);
            yield* rest();
            order.pop();
        }
    }
    if (shape.length <= 6 && shape.length === to.length) yield* rest();
}
// A part of one axis, or with a step; one axis may be gone.
function* slices(shape: Shape, to: Shape): Generator<Rule> {
    const strides = stridesOf(shape);
    for (let axis = 0; axis < shape.length; ++axis) {
        const without = shape.filter((_, i) => i !== axis);
        const gone = same(without, to);
        const length = gone ? 1 : to[axis];
        if (!gone && !same(shape.map((s, i) => (i === axis ? length : s)), to)) continue;
        for (let step = 1; step <= 4; ++step)
            for (let start = 0; start + (length - 1) * step < shape[axis]; ++start) {
                const own = strides.map((s, i) => (i === axis ? s * step : s));
                yield called(picks(positions(to, gone ? strides.filter((_, i) => i !== axis) : own, start * strides[axis])), gone ? `${axis}, ${start}` : `${axis}, ${start}, ${start + (length - 1) * step + 1}, ${step}`);
            }
    }
    for (let axis = 0; axis < shape.length; ++axis)
        if (same(shape, to)) yield called(picks(positions(to, strides.map((s, i) => (i === axis ? -s : s)), (shape[axis] - 1) * strides[axis])), `${axis}, {}, {}, -1`); // flip
}
function* joins({ shape, shapes }: Call): Generator<Rule> {
    const stacked = shapes[0].length < shape.length;
    for (let axis = 0; axis < shape.length; ++axis) {
        const parts = stacked ? shapes.map((s) => [...s.slice(0, axis), 1, ...s.slice(axis)]) : shapes;
        if (!parts.every((p) => p.length === shape.length && p.every((s, i) => i === axis || s === shape[i])) || parts.reduce((n, p) => n + p[axis], 0) !== shape[axis]) continue;
        const strides = stridesOf(shape);
        const [out, from, at] = [[] as number[], [] as number[], [] as number[]];
        let start = 0;
        parts.forEach((part, i) => {
            positions(part, strides, start * strides[axis]).forEach((o, k) => (out.push(o), from.push(i), at.push(k)));
            start += part[axis];
        });
        yield called(linear(sizeOf(shape), Int32Array.from(out), Int32Array.from(from), Int32Array.from(at), null), String(axis));
    }
}
// Whole rows of a table.
function* rowsOf({ shape, x: [, index], shapes: [x, at] }: Call): Generator<Rule> {
    for (let axis = 0; axis < x.length; ++axis) {
        if (!same([...x.slice(0, axis), ...at, ...x.slice(axis + 1)], shape)) continue;
        const inner = sizeOf(x.slice(axis + 1));
        const p = Int32Array.from({ length: sizeOf(shape) }, (_, i) => {
            const k = Math.floor(i / inner) % index.length;
            const wanted = index[k] < 0 ? index[k] + x[axis] : index[k];
            return (Math.floor(i / inner / index.length) * x[axis] + wanted) * inner + (i % inner);
        });
        yield called(picks(p), String(axis));
    }
}

export const movers = ["permute", "transpose", "swapaxes", "moveaxis"];

/// Null in the list: too large for the page.
export function* namedRules(call: Call): Generator<Rule | null> {
    const { op, shape, shapes } = call;
    const [first] = shapes;
    if (op === "linear") yield linearLayer(call);
    else if (op === "matmul") yield matmul(call);
    else if (/^conv[123]d$/.test(op)) yield* convolutions(call);
    else if (Object.hasOwn(reductions, op)) {
        const keep = first.length === shape.length ? ", {.keepdims = true}" : "";
        // The first of several forms is the one without further options.
        for (const axes of reducedAxes(first, shape)) for (const [i, rule] of reductions[op](rowsOver(first, axes)).entries()) yield i > 0 ? rule : called(rule, shape.length === 0 ? "" : `{${axes.join(", ")}}${keep}`);
    }
    else if (Object.hasOwn(scanned, op)) yield* scans(call, reductions[scanned[op]]);
    else if (op === "softmax" || op === "log_softmax") for (let axis = first.length - 1; axis >= 0; --axis) yield called(normalized(rowsOver(first, [axis]).map((r) => ({ in: r.in, out: r.in })), op === "log_softmax"), String(axis));
    else if (op === "cross_entropy" || op === "nll_loss") yield called(crossEntropy(call, op === "cross_entropy"), "{.reduction = Reduction::none}");
    else if (op === "layer_norm" || op === "batch_norm") yield* normalizations(call, op === "batch_norm");
    else if (op === "embedding" || op === "index_select") yield* rowsOf(call);
    else if (op === "scaled_dot_product_attention") yield* attention(call);
    else if (op === "concat" || op === "stack") yield* joins(call);
    else if (movers.includes(op)) yield* permutations(first, shape);
    else if (op === "slice" || op === "select" || op === "flip") yield* slices(first, shape);
    else if (op === "expand" && broadcasts(first, shape)) yield picks(broadcastPositions(first, shape));
    else if (shapes.length === 1 && sizeOf(first) === sizeOf(shape)) yield picks(Int32Array.from({ length: sizeOf(shape) }, (_, i) => i));
}

/// Where a maximum was taken in windows: what `gather` reads there is chosen anew when numbers change. Null: it is another.
export function poolingOf(trace: Trace, node: number, x: Numbers, index: Numbers): Rule | null {
    const n = trace.nodes[node];
    const [source, places] = n.inputs.map((e) => trace.nodes[trace.edges[e].from]);
    if (n.op !== "gather" || places.label !== "" || source.op !== "reshape" || n.uses.length !== 1) return null;
    const before = trace.nodes[trace.edges[source.inputs[0]].from].shape;
    const after = trace.nodes[trace.edges[n.uses[0]].to].shape;
    const axes = before.length - source.shape.length + 1;
    if (axes < 1 || axes > 3 || after.length !== before.length || source.shape.length !== n.shape.length) return null;
    const [window, out] = [before.slice(-axes), after.slice(-axes)];
    if (sizeOf(window) !== source.shape.at(-1) || sizeOf(out) !== n.shape.at(-1)) return null;
    for (const rows of windows(sizeOf(before) / sizeOf(window), window, out)) {
        const chosen = rows.every((row, i) => {
            const local = row.in[firstLargest(x, row)] - Math.floor(i / sizeOf(out)) * sizeOf(window);
            return local === index[i];
        });
        if (!chosen) continue;
        return reduction(rows, (v) => v.reduce((a, b) => (b > a || b !== b ? b : a), -Infinity), (v, y) => v.map((_, i) => (i === v.indexOf(y) ? 1 : 0)), (v) => v.indexOf(Math.max(...v)));
    }
    return null;
}
function firstLargest(x: Numbers, row: Row): number {
    let best = 0;
    row.in.forEach((at, k) => x[at] > x[row.in[best]] && (best = k));
    return best;
}
function* windows(count: number, from: Shape, out: Shape): Generator<Row[]> {
    const strides = stridesOf(from);
    for (let gap = 0; gap <= 3; ++gap)
        for (let kernel = 1; kernel <= Math.max(...from); ++kernel)
            for (let stride = 1; stride <= kernel; ++stride) {
                if (kernel - stride !== gap) continue; // windows side by side first
                for (let padding = 0; 2 * padding <= kernel; ++padding) {
                    if (!from.every((s, i) => Math.floor((s + 2 * padding - kernel) / stride) + 1 === out[i])) continue;
                    const rows: Row[] = [];
                    const [o, t] = [out.map(() => 0), out.map(() => 0)];
                    for (let c = 0; c < count; ++c)
                        for (let place = 0; place < sizeOf(out); ++place) {
                            unflat(place, out, o);
                            const list: number[] = [];
                            for (let tap = 0; tap < kernel ** out.length; ++tap) {
                                unflat(tap, out.map(() => kernel), t);
                                const at = o.map((v, i) => v * stride + t[i] - padding);
                                if (at.every((v, i) => v >= 0 && v < from[i])) list.push(c * sizeOf(from) + at.reduce((s, v, i) => s + v * strides[i], 0));
                            }
                            rows.push({ in: Int32Array.from(list), out: Int32Array.of(rows.length) });
                        }
                    yield rows;
                }
            }
}
