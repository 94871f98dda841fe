// Arithmetic of about 32 digits: a number is the exact sum of two. For functions that would lose their last digits in one.
export type Wide = readonly [number, number];

export const wide = (x: number): Wide => [x, 0];
export const narrow = ([high, low]: Wide): number => high + low;

function quickSum(a: number, b: number): Wide {
    const s = a + b;
    return [s, b - (s - a)];
}
function exactSum(a: number, b: number): Wide {
    const s = a + b;
    const t = s - a;
    return [s, a - (s - t) + (b - t)];
}
function halves(a: number): Wide {
    const t = 134217729 * a; // 2^27 + 1
    const high = t - (t - a);
    return [high, a - high];
}
function exactProduct(a: number, b: number): Wide {
    const p = a * b;
    const [ah, al] = halves(a);
    const [bh, bl] = halves(b);
    return [p, ah * bh - p + ah * bl + al * bh + al * bl];
}

export function add(a: Wide, b: Wide): Wide {
    const [s, e] = exactSum(a[0], b[0]);
    const [t, f] = exactSum(a[1], b[1]);
    const [u, v] = quickSum(s, e + t);
    return quickSum(u, v + f);
}
export const negative = (a: Wide): Wide => [-a[0], -a[1]];
export const sub = (a: Wide, b: Wide): Wide => add(a, negative(b));
export function mul(a: Wide, b: Wide): Wide {
    const [p, e] = exactProduct(a[0], b[0]);
    return quickSum(p, e + (a[0] * b[1] + a[1] * b[0]));
}
export function div(a: Wide, b: Wide): Wide {
    const q = a[0] / b[0];
    const r = sub(a, mul(b, wide(q)));
    const p = r[0] / b[0];
    const s = sub(r, mul(b, wide(p)));
    return add(quickSum(q, p), wide(s[0] / b[0]));
}
export const scaled = (a: Wide, power: number): Wide => [a[0] * power, a[1] * power]; // by a power of 2

export const one = wide(1);
export const two = wide(2);
export const pi: Wide = [3.141592653589793, 1.2246467991473532e-16];
export const ln2: Wide = [0.6931471805599453, 2.3190468138462996e-17];

export function root(a: Wide): Wide {
    const x = Math.sqrt(a[0]);
    if (x === 0) return a;
    return add(wide(x), div(sub(a, exactProduct(x, x)), wide(2 * x)));
}
/// 0 where the result is less than 1e-300.
export function exp(a: Wide): Wide {
    if (a[0] < -690) return wide(Math.exp(a[0]) * (1 + a[1]));
    if (a[0] > 700) return wide(Math.exp(a[0]));
    const k = Math.round(a[0] / ln2[0]);
    const r = scaled(sub(a, mul(ln2, wide(k))), 1 / 64);
    let term: Wide = r;
    let sum = r; // e^r - 1
    for (let n = 2; n < 14; ++n) {
        term = div(mul(term, r), wide(n));
        sum = add(sum, term);
    }
    for (let i = 0; i < 6; ++i) sum = add(scaled(sum, 2), mul(sum, sum));
    const half = Math.trunc(k / 2); // 2^k alone may overflow
    return scaled(scaled(add(sum, one), 2 ** half), 2 ** (k - half));
}
export function log(a: Wide): Wide {
    const y = wide(Math.log(a[0]));
    const rest = sub(mul(a, exp(negative(y))), one); // a / e^y - 1, tiny
    return add(y, sub(rest, scaled(mul(rest, rest), 0.5)));
}
/// sin(pi x) and cos(pi x).
export function turn(x: number): [Wide, Wide] {
    const whole = Math.round(x);
    const t = mul(pi, wide(x - whole));
    const square = mul(t, t);
    let [sine, cosine] = [t, one];
    let [s, c] = [t, one];
    for (let n = 1; n < 16; ++n) {
        s = div(mul(s, negative(square)), wide(2 * n * (2 * n + 1)));
        c = div(mul(c, negative(square)), wide(2 * n * (2 * n - 1)));
        [sine, cosine] = [add(sine, s), add(cosine, c)];
    }
    return whole % 2 === 0 ? [sine, cosine] : [negative(sine), negative(cosine)];
}
