// The operations that the page can compute from the numbers of their inputs.
import { roundHalfEven, unary } from "./functions";
import { fma, logaddexp, polygamma, powSlope, shareOf } from "./special";

export interface Operation {
    arity: number | null; // null: any number of inputs
    value(x: number[]): number;
    slopes(x: number[], y: number): number[];
}

type Fn = (...x: number[]) => number;
const fixed = (arity: number, value: Fn, slopes: (x: number[], y: number) => number[]): Operation => ({
    arity,
    value: (x) => value(...x),
    slopes,
});

// The share of `a` in the gradient of max(a, b): half at a tie.
const step: Fn = (a, b) => (a > b ? 1 : a < b ? 0 : 0.5);
const sumOf = (x: number[]): number => x.reduce((total, v) => total + v, 0);

function logSumExp(x: number[]): number {
    const top = Math.max(...x);
    if (!Number.isFinite(top)) return top;
    return top + Math.log(sumOf(x.map((v) => Math.exp(v - top))));
}
const softmaxOf = (x: number[], y: number): number[] => x.map((v) => (v === y ? 1 : Math.exp(v - y)));

function halves(x: number[]): [number[], number[]] {
    return [x.slice(0, x.length / 2), x.slice(x.length / 2)];
}

function powSlopes([a, b]: number[], y: number): number[] {
    const base = b === 0 ? 0 : b === 1 ? 1 : b === 2 ? 2 * a : powSlope(a, b);
    return [base, y * (a === 0 ? 0 : Math.log(a))];
}

// With the sign of the divisor.
function remainder(a: number, b: number): number {
    const rest = a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}
function floorDivide(a: number, b: number): number {
    if (b === 0) return a / b;
    const rest = a % b;
    const whole = Math.round((a - rest) / b);
    return rest !== 0 && rest < 0 !== b < 0 ? whole - 1 : whole;
}
const turns = ([a, b]: number[], y: number): number[] => [1, roundHalfEven((y - a) / b)];
const signOf = (x: number): number => (x < 0 || Object.is(x, -0) ? -1 : 1);
const flat = (x: number[]): number[] => x.map(() => 0);

const several: Record<string, Operation> = {
    add: fixed(2, (a, b) => a + b, () => [1, 1]),
    sub: fixed(2, (a, b) => a - b, () => [1, -1]),
    mul: fixed(2, (a, b) => a * b, ([a, b]) => [b, a]),
    div: fixed(2, (a, b) => a / b, ([, b], y) => [1 / b, -y / b]),
    pow: fixed(2, (a, b) => (b === 2 ? a * a : Math.pow(a, b)), powSlopes),
    maximum: fixed(2, (a, b) => (a !== a ? a : a > b ? a : b), ([a, b]) => [step(a, b), step(b, a)]),
    minimum: fixed(2, (a, b) => (a !== a ? a : a < b ? a : b), ([a, b]) => [step(b, a), step(a, b)]),
    atan2: fixed(2, Math.atan2, ([a, b]) => {
        const square = a * a + b * b;
        return [b / square, -a / square];
    }),
    hypot: fixed(2, Math.hypot, ([a, b], y) => (y === 0 ? [0, 0] : [a / y, b / y])),
    leaky_relu: fixed(2, (x, s) => (x > 0 ? x : s * x), ([x, s]) => (x > 0 ? [1, 0] : [s, x])),
    elu: fixed(2, (x, s) => (x > 0 ? x : s * Math.expm1(x)), ([x, s]) =>
        x > 0 ? [1, 0] : [s * Math.exp(Math.min(x, 0)), Math.expm1(Math.min(x, 0))],
    ),
    logaddexp: fixed(2, logaddexp, ([a, b]) => [shareOf(a, b), shareOf(b, a)]),
    xlogy: fixed(2, (a, b) => (a === 0 && b === b ? 0 : a * Math.log(b)), ([a, b]) => [Math.log(b), a === 0 && b === 0 ? 0 : a / b]),
    remainder: fixed(2, remainder, turns),
    fmod: fixed(2, (a, b) => a % b, turns),
    floor_divide: fixed(2, floorDivide, flat),
    step: fixed(2, step, flat),
    fmax: fixed(2, (a, b) => (b !== b || a > b ? a : b), ([a, b]) => (b !== b ? [1, 0] : a !== a ? [0, 1] : [step(a, b), step(b, a)])),
    fmin: fixed(2, (a, b) => (b !== b || a < b ? a : b), ([a, b]) => (b !== b ? [1, 0] : a !== a ? [0, 1] : [step(b, a), step(a, b)])),
    copysign: fixed(2, (a, b) => Math.abs(a) * signOf(b), ([a], y) => [Math.sign(y) * Math.sign(a), 0]),
    polygamma: fixed(2, polygamma, ([n, x]) => [0, polygamma(Math.sign(n) * Math.round(Math.abs(n)) + 1, x)]),
    fma: fixed(3, fma, ([a, b]) => [b, a, 1]),
    lerp: fixed(3, (a, b, w) => (w < 0.5 ? a + w * (b - a) : b - (b - a) * (1 - w)), ([a, b, w]) => [1 - w, w, b - a]),
    where: fixed(3, (c, a, b) => (c !== 0 ? a : b), ([c]) => [0, c !== 0 ? 1 : 0, c !== 0 ? 0 : 1]),
    clamp: fixed(3, (x, low, high) => (x > high || low > high ? high : x < low ? low : x), ([x, low, high]) => (x > high || low > high ? [0, 0, 1] : x < low ? [0, 1, 0] : [1, 0, 0])),
    sum: { arity: null, value: sumOf, slopes: (x) => x.map(() => 1) },
    mean: { arity: null, value: (x) => sumOf(x) / x.length, slopes: (x) => x.map(() => 1 / x.length) },
    dot: {
        arity: null,
        value: (x) => {
            const [a, b] = halves(x);
            return a.reduce((total, v, i) => total + v * b[i], 0);
        },
        slopes: (x) => {
            const [a, b] = halves(x);
            return [...b, ...a];
        },
    },
    logsumexp: { arity: null, value: logSumExp, slopes: softmaxOf },
};

/// The operation of that name with that many inputs, or null.
export function operationOf(name: string, inputs: number): Operation | null {
    if (Object.hasOwn(unary, name)) {
        const { value, slope } = unary[name];
        return inputs === 1 ? { arity: 1, value: ([x]) => value(x), slopes: ([x], y) => [slope(x, y)] } : null;
    }
    const found = Object.hasOwn(several, name) ? several[name] : null;
    return found && (found.arity === null || found.arity === inputs) ? found : null;
}
