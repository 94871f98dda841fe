// The functions of one number that the page can compute, each with its slope. `y` is the value at x.
// The forms are those of the library: none overflows, none loses its digits in the tails.
import * as special from "./special";

export interface Unary {
    value(x: number): number;
    slope(x: number, y: number): number;
}

export const sigmoid = (x: number): number => {
    const e = Math.exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
};
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const square = (x: number): number => x * x;
const sign = (x: number): number => (x > 0 ? 1 : x < 0 ? -1 : x);
const tanhSlope = (x: number): number => 4 * (sigmoid(2 * x) * sigmoid(-2 * x));
export const roundHalfEven = (x: number): number => {
    if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
    const low = Math.floor(x);
    const rest = x - low;
    return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
};

const seluScale = 1.0507009873554804934193349852946;
const seluAlpha = 1.6732632423543772848170429916717;

const flat = () => 0;

export const unary: Record<string, Unary> = {
    neg: { value: (x) => -x, slope: () => -1 },
    square: { value: square, slope: (x) => 2 * x },
    abs: { value: Math.abs, slope: (x) => sign(x) },
    sign: { value: sign, slope: flat },
    reciprocal: { value: (x) => 1 / x, slope: (_, y) => -(y * y) },
    sqrt: { value: Math.sqrt, slope: (_, y) => 0.5 / y },
    rsqrt: { value: (x) => 1 / Math.sqrt(x), slope: (x, y) => (-0.5 * y) / x },
    cbrt: { value: Math.cbrt, slope: (_, y) => 1 / (3 * y * y) },
    exp: { value: Math.exp, slope: (_, y) => y },
    exp2: { value: (x) => 2 ** x, slope: (_, y) => y * Math.LN2 },
    expm1: { value: Math.expm1, slope: (x) => Math.exp(x) },
    log: { value: Math.log, slope: (x) => 1 / x },
    log1p: { value: Math.log1p, slope: (x) => 1 / (1 + x) },
    log2: { value: Math.log2, slope: (x) => 1 / (x * Math.LN2) },
    log10: { value: Math.log10, slope: (x) => 1 / (x * Math.LN10) },
    sin: { value: Math.sin, slope: (x) => Math.cos(x) },
    cos: { value: Math.cos, slope: (x) => -Math.sin(x) },
    tan: { value: Math.tan, slope: (_, y) => 1 + y * y },
    asin: { value: Math.asin, slope: (x) => 1 / Math.sqrt((1 - x) * (1 + x)) },
    acos: { value: Math.acos, slope: (x) => -1 / Math.sqrt((1 - x) * (1 + x)) },
    atan: { value: Math.atan, slope: (x) => 1 / (1 + x * x) },
    sinh: { value: Math.sinh, slope: (x) => Math.cosh(x) },
    cosh: { value: Math.cosh, slope: (x) => Math.sinh(x) },
    asinh: { value: Math.asinh, slope: (x) => 1 / Math.hypot(1, x) },
    acosh: { value: Math.acosh, slope: (x) => 1 / (Math.sqrt(x - 1) * Math.sqrt(x + 1)) },
    atanh: { value: Math.atanh, slope: (x) => 1 / ((1 - x) * (1 + x)) },
    sigmoid: { value: sigmoid, slope: (x, y) => y * sigmoid(-x) },
    tanh: { value: Math.tanh, slope: tanhSlope },
    relu: { value: (x) => (x > 0 ? x : x !== x ? x : 0), slope: (_, y) => (y > 0 ? 1 : 0) },
    relu6: { value: (x) => Math.min(Math.max(x, 0), 6), slope: (x) => (x > 0 && x < 6 ? 1 : 0) },
    selu: {
        value: (x) => (x > 0 ? seluScale * x : seluScale * seluAlpha * Math.expm1(x)),
        slope: (x) => (x > 0 ? seluScale : seluScale * seluAlpha * Math.exp(Math.min(x, 0))),
    },
    silu: { value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
    softplus: { value: softplus, slope: (x) => sigmoid(x) },
    logsigmoid: { value: (x) => -softplus(-x), slope: (x) => sigmoid(-x) },
    softsign: { value: (x) => x / (1 + Math.abs(x)), slope: (x) => 1 / square(1 + Math.abs(x)) },
    logit: { value: special.logit, slope: (x) => 1 / (x * (1 - x)) },
    trunc: { value: Math.trunc, slope: flat },
    floor: { value: Math.floor, slope: flat },
    ceil: { value: Math.ceil, slope: flat },
    round: { value: roundHalfEven, slope: flat },
    frac: { value: (x) => x - Math.trunc(x), slope: () => 1 },
    erf: { value: special.erf, slope: special.erfSlope },
    erfc: { value: special.erfc, slope: (x) => -special.erfSlope(x) },
    erfinv: { value: special.erfinv, slope: special.erfinvSlope },
    normal_cdf: { value: special.normalCdf, slope: special.normalPdf },
    gelu: { value: special.gelu, slope: special.geluSlope },
    gelu_tanh: { value: special.geluTanh, slope: special.geluTanhSlope },
    mish: { value: special.mish, slope: special.mishSlope },
    tanhshrink: { value: special.tanhshrink, slope: special.tanhshrinkSlope },
    sinc: { value: special.sinc, slope: special.sincSlope },
    lgamma: { value: special.lgamma, slope: special.digamma },
    digamma: { value: special.digamma, slope: (x) => special.polygamma(1, x) },
};

/// What can stand in for one another: "another activation".
export const activations = ["sigmoid", "tanh", "relu", "softplus", "silu", "selu", "softsign", "gelu", "mish"];
