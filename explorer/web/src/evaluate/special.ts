// Special functions, right to their last digits: they are computed with twice the digits and rounded once.
import { type Wide, add, div, exp, log, mul, narrow, negative, one, pi, root, scaled, sub, turn, two, wide } from "./wide";

const rootPi = root(pi);
const rootTwo = root(two);

// The error function and its kin -----------------------------------------------------------------------------------------

const bell = (x: Wide): Wide => exp(negative(mul(x, x)));

// Below 2.5: 2 x / sqrt(pi) e^-x^2 sum of (2 x^2)^n / (1 3 5 ... 2n+1), where all terms are positive.
function erfSeries(x: Wide): Wide {
    const step = scaled(mul(x, x), 2);
    let [term, sum] = [one, one];
    for (let n = 1; term[0] > 1e-34 * sum[0]; ++n) {
        term = div(mul(term, step), wide(2 * n + 1));
        sum = add(sum, term);
    }
    return div(mul(scaled(x, 2), mul(bell(x), sum)), rootPi);
}
// From 2.5: e^-x^2 / sqrt(pi) times 1 / (x + (1/2) / (x + 1 / (x + (3/2) / ...))).
function erfcFraction(x: Wide): Wide {
    let below = x;
    for (let n = Math.ceil(20 + 800 / (x[0] * x[0])); n > 0; --n) below = add(x, div(wide(n / 2), below));
    return div(bell(x), mul(rootPi, below));
}
function wideErfc(x: Wide): Wide {
    if (x[0] > 2.5) return erfcFraction(x);
    return x[0] < -2.5 ? sub(two, erfcFraction(negative(x))) : sub(one, erfSeries(x));
}
function wideErf(x: Wide): Wide {
    return Math.abs(x[0]) <= 2.5 ? erfSeries(x) : x[0] > 0 ? sub(one, erfcFraction(x)) : sub(erfcFraction(negative(x)), one);
}

export const erf = (x: number): number => (Math.abs(x) < 6 ? (x === 0 ? x : narrow(wideErf(wide(x)))) : x !== x ? x : Math.sign(x));
export const erfc = (x: number): number => (x > 27.5 ? 0 : x < -6.5 ? 2 : x !== x ? x : narrow(wideErfc(wide(x))));
export const erfSlope = (x: number): number => narrow(div(scaled(bell(wide(x)), 2), rootPi));

const overRootTwo = (x: number): Wide => div(wide(x), rootTwo);
const wideCdf = (x: number): Wide => scaled(wideErfc(negative(overRootTwo(x))), 0.5);
const widePdf = (x: number): Wide => div(bell(overRootTwo(x)), mul(rootTwo, rootPi));
export const normalCdf = (x: number): number => (x < -39 ? 0 : x > 9 ? 1 : x !== x ? x : narrow(wideCdf(x)));
export const normalPdf = (x: number): number => (Math.abs(x) > 39 ? 0 : narrow(widePdf(x)));
export const gelu = (x: number): number => (x > 9 || x !== x ? x : x < -39 ? -0 : narrow(mul(wide(x), wideCdf(x))));
export const geluSlope = (x: number): number => (x > 39 ? 1 : x < -39 ? 0 : narrow(add(wideCdf(x), mul(wide(x), widePdf(x)))));

export function erfinv(x: number): number {
    if (!(Math.abs(x) < 1)) return Math.abs(x) === 1 ? x * Infinity : NaN;
    if (Math.abs(x) < 1e-150) return x * narrow(scaled(rootPi, 0.5));
    const l = Math.log1p(-x * x);
    const a = 2 / (Math.PI * 0.147) + l / 2;
    let y = wide(Math.sign(x) * Math.sqrt(Math.max(Math.sqrt(a * a - l / 0.147) - a, 1e-300)));
    if (y[0] === 0 || Math.abs(x) < 1e-3) y = wide((x * Math.sqrt(Math.PI)) / 2);
    for (let i = 0; i < 4; ++i) {
        const slope = div(scaled(bell(y), 2), rootPi);
        const step = div(sub(wideErf(y), wide(x)), slope);
        y = sub(y, div(step, add(one, mul(y, step)))); // Halley's step
    }
    return narrow(y);
}
export const erfinvSlope = (_: number, y: number): number => narrow(mul(scaled(rootPi, 0.5), exp(mul(wide(y), wide(y)))));

// Activations ----------------------------------------------------------------------------------------------------------------

const wideSigmoid = (x: Wide): Wide => {
    const e = exp(x[0] < 0 ? x : negative(x));
    return div(x[0] < 0 ? e : one, add(one, e));
};
const geluTurn = (x: number): Wide => mul(scaled(root(div(two, pi)), 2), add(wide(x), mul(wide(0.044715), mul(wide(x), mul(wide(x), wide(x))))));
export function geluTanh(x: number): number {
    if (x > 30 || x !== x) return x;
    return x < -30 ? -0 : narrow(mul(wide(x), wideSigmoid(geluTurn(x))));
}
export function geluTanhSlope(x: number): number {
    if (Math.abs(x) > 30) return x > 0 ? 1 : 0;
    const s = wideSigmoid(geluTurn(x));
    const rest = wideSigmoid(negative(geluTurn(x)));
    const inner = mul(scaled(root(div(two, pi)), 2), add(one, mul(mul(wide(3), wide(0.044715)), mul(wide(x), wide(x)))));
    return narrow(add(s, mul(mul(wide(x), inner), mul(s, rest))));
}
// tanh(softplus(x)), and 1 less it.
function mishGate(x: number): [Wide, Wide] {
    if (x > 0) {
        const q = exp(wide(-x));
        const top = add(one, scaled(q, 2));
        const below = add(top, scaled(mul(q, q), 2));
        return [div(top, below), div(scaled(mul(q, q), 2), below)];
    }
    const e = exp(wide(x));
    const top = mul(e, add(e, two));
    return [div(top, add(top, two)), div(two, add(top, two))];
}
export const mish = (x: number): number => (x > 40 || x !== x ? x : x < -740 ? -0 : narrow(mul(wide(x), mishGate(x)[0])));
export function mishSlope(x: number): number {
    if (Math.abs(x) > 740) return x > 0 ? 1 : 0;
    const [gate, rest] = mishGate(x);
    return narrow(add(gate, mul(mul(wide(x), wideSigmoid(wide(x))), mul(rest, add(one, gate)))));
}
const wideTanh = (x: number): Wide => {
    const q = exp(wide(-2 * Math.abs(x)));
    const y = div(sub(one, q), add(one, q));
    return x < 0 ? negative(y) : y;
};
export const tanhshrink = (x: number): number => (Math.abs(x) < 1e-5 ? (x * x * x) / 3 : Math.abs(x) > 40 ? x - Math.sign(x) : narrow(sub(wide(x), wideTanh(x))));
export const tanhshrinkSlope = (x: number): number => (Math.abs(x) > 40 ? 1 : narrow(mul(wideTanh(x), wideTanh(x))));

export function sinc(x: number): number {
    return x === 0 ? 1 : Number.isFinite(x) ? narrow(div(turn(x)[0], mul(pi, wide(x)))) : x !== x ? x : 0;
}
export function sincSlope(x: number): number {
    if (Math.abs(x) < 1e-6) return (-x * Math.PI * Math.PI) / 3;
    const [sine, cosine] = turn(x);
    return narrow(div(sub(cosine, div(sine, mul(pi, wide(x)))), wide(x)));
}
export function logaddexp(a: number, b: number): number {
    const top = Math.max(a, b);
    if (a !== a || b !== b) return NaN;
    if (!Number.isFinite(top)) return top;
    const gap = sub(wide(Math.min(a, b)), wide(top));
    return narrow(add(wide(top), log(add(one, exp(gap)))));
}

export const fma = (a: number, b: number, c: number): number => (Number.isFinite(a * b + c) ? narrow(add(mul(wide(a), wide(b)), wide(c))) : a * b + c);
export const logit = (x: number): number => (x > 0 && x < 1 ? narrow(log(div(wide(x), sub(one, wide(x))))) : Math.log(x / (1 - x)));
/// b a^(b - 1)
export function powSlope(a: number, b: number): number {
    const plain = b * Math.pow(a, b - 1);
    const size = Math.abs(plain);
    return a > 0 && size > 1e-280 && size < 1e280 && !Number.isInteger(b) ? narrow(mul(wide(b), exp(mul(sub(wide(b), one), log(wide(a)))))) : plain;
}
/// The slope of logaddexp(a, b) by a.
export const shareOf = (a: number, b: number): number => narrow(wideSigmoid(sub(wide(a), wide(b))));

// The gamma function and its kin -----------------------------------------------------------------------------------------------

const bernoulli: [number, number][] = [[1, 6], [-1, 30], [1, 42], [-1, 30], [5, 66], [-691, 2730], [7, 6], [-3617, 510], [43867, 798], [-174611, 330], [854513, 138], [-236364091, 2730]];
const far = 22; // where a dozen terms of the asymptotic series are enough
const isPole = (x: number): boolean => x <= 0 && Number.isInteger(x);

export function lgamma(x: number): number {
    if (isPole(x) || Math.abs(x) === Infinity) return Infinity;
    if (x !== x) return NaN;
    if (x > 1e17) return x * (Math.log(x) - 1);
    if (x < -1000) return narrow(log(div(pi, mul(wide(-x), abs(turn(x)[0]))))) - lgamma(-x);
    let [product, factors, at] = [one, wide(0), wide(x)];
    for (; at[0] < far; at = add(at, one)) {
        product = mul(product, abs(at));
        if (product[0] > 1e200 || product[0] < 1e-200) [factors, product] = [add(factors, log(product)), one];
    }
    let sum = add(sub(mul(sub(at, wide(0.5)), log(at)), at), scaled(log(scaled(pi, 2)), 0.5));
    let power = at;
    bernoulli.forEach(([p, q], i) => {
        const j = 2 * (i + 1);
        sum = add(sum, div(div(wide(p), wide(q * j * (j - 1))), power));
        power = mul(power, mul(at, at));
    });
    return narrow(sub(sum, add(factors, log(product))));
}
const abs = (a: Wide): Wide => (a[0] < 0 ? negative(a) : a);

function power(x: Wide, n: number): Wide {
    let [out, base] = [one, x];
    for (let k = n; k > 0; k = Math.floor(k / 2)) {
        if (k % 2 === 1) out = mul(out, base);
        base = mul(base, base);
    }
    return out;
}

/// The n-th derivative of digamma, of which 0 is itself: all terms 1 / (x + k)^(n + 1) up to where the series begins.
export function polygamma(order: number, x: number): number {
    const n = Math.sign(order) * Math.round(Math.abs(order));
    if (n < 0 || n !== n || x !== x || x === -Infinity || isPole(x) || x < -1e5 || n > 150) return NaN;
    if (x === Infinity) return n === 0 ? x : 0;
    let [sum, at] = [wide(0), wide(x)];
    for (; at[0] < far + n; at = add(at, one)) sum = add(sum, div(one, power(at, n + 1)));
    const square = mul(at, at);
    let scale = div(one, power(at, n)); // 1 / at^n, then with every step two powers less
    let tail = n === 0 ? negative(log(at)) : div(scale, wide(n));
    scale = div(scale, at);
    tail = add(tail, scaled(scale, 0.5));
    let rising = wide(n + 1); // (n + 1)(n + 2) ... (n + 2j - 1) / (2j)!
    bernoulli.forEach(([p, q], i) => {
        const j = 2 * (i + 1);
        if (i > 0) rising = mul(rising, mul(wide(n + j - 2), wide(n + j - 1)));
        rising = div(rising, wide(j * (j - 1)));
        scale = i === 0 ? div(scale, at) : div(scale, square);
        tail = add(tail, mul(mul(rising, div(wide(p), wide(q))), scale));
    });
    let total = add(sum, tail);
    for (let k = 2; k <= n; ++k) total = mul(total, wide(k));
    return narrow(n % 2 === 0 ? negative(total) : total);
}
export const digamma = (x: number): number => polygamma(0, x);
