// Attention as one operation: softmax(q k^T / sqrt(E)) v, with a mask, causal, or neither.
import { type Numbers, type Row, type Rule, bilinear, normalized } from "./rules";
import { type Shape, broadcastPositions, sizeOf } from "./shapes";

interface Call {
    shape: Shape;
    shapes: Shape[];
    x: Numbers[];
}

// Batches of products (L, K) by (S, K) or (K, S), both with the same number of matrices.
function products(batch: number, l: number, k: number, s: number, transposed: boolean): Rule {
    const count = batch * l * s * k;
    const [out, p, q] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
    let at = 0;
    for (let b = 0; b < batch; ++b)
        for (let i = 0; i < l; ++i)
            for (let j = 0; j < s; ++j)
                for (let c = 0; c < k; ++c, ++at) {
                    out[at] = (b * l + i) * s + j;
                    p[at] = (b * l + i) * k + c;
                    q[at] = transposed ? (b * s + j) * k + c : (b * k + c) * s + j;
                }
    return bilinear(batch * l * s, out, p, q, null);
}

export function* attention({ shape, shapes: [q, k, v, mask], x: [, , , told] }: Call): Generator<Rule | null> {
    const [l, e, s, width] = [q[q.length - 2], q[q.length - 1], k[k.length - 2], v[v.length - 1]];
    const batch = sizeOf(shape.slice(0, -2));
    if ([q, k, v].some((of) => sizeOf(of.slice(0, -2)) !== batch) || batch * l * s * (e + width) > 4_000_000) return;
    const [scores, mix] = [products(batch, l, e, s, true), products(batch, l, s, width, false)];
    const rows = Array.from({ length: batch * l }, (_, r): Row => {
        const at = Int32Array.from({ length: s }, (_, j) => r * s + j);
        return { in: at, out: at };
    });
    const softmax = normalized(rows, false);
    const scale = 1 / Math.sqrt(e);
    const spread = mask ? broadcastPositions(mask, [...shape.slice(0, -1), s]) : null;
    const boolean = told?.every((m) => m === 0 || m === 1) ?? false;
    const hidden = -Infinity;
    const none = () => 0;
    const offsets: ((i: number, m: Numbers | undefined) => number)[] = !mask ? [none, (i) => (i % s > Math.floor(i / s) % l ? hidden : 0)] : [...(boolean ? [(i: number, m: Numbers | undefined) => (m![spread![i]] !== 0 ? 0 : hidden)] : []), (i, m) => m![spread![i]]];
    for (const offset of offsets) {
        const inner = (x: Numbers[]) => {
            const z = scores.value([x[0], x[1]]).map((score, i) => score * scale + offset(i, x[3]));
            return { z, p: softmax.value([z]) };
        };
        yield {
            value: (x) => mix.value([inner(x).p, x[2]]),
            pull(x, y, g) {
                const { z, p } = inner(x);
                const [gp, gv] = mix.pull([p, x[2]], y, g);
                const gz = softmax.pull([z], p, gp!)[0]!;
                const [gq, gk] = scores.pull([x[0], x[1]], z, gz.map((d) => d * scale));
                if (!mask) return [gq, gk, gv];
                const gm = new Float64Array(x[3].length);
                spread!.forEach((at, i) => (gm[at] += gz[i]));
                return [gq, gk, gv, boolean ? null : gm];
            },
            push(x, y, [dq, dk, dv, dm]) {
                const { z, p } = inner(x);
                const dz = scores.push([x[0], x[1]], z, [dq, dk]).map((d, i) => d * scale + (dm && !boolean ? dm[spread![i]] : 0));
                return mix.push([p, x[2]], y, [softmax.push([z], p, [dz]), dv]);
            },
        };
    }
}
