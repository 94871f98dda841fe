// The operations that the page can compute from the numbers of their inputs.
import { unary } from "./functions";

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
    const base = b === 0 ? 0 : b === 1 ? 1 : b === 2 ? 2 * a : b * Math.pow(a, b - 1);
    return [base, y * (a === 0 ? 0 : Math.log(a))];
}

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
