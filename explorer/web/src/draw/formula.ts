// Formulas in MathML: names, derivatives, and the local derivatives that a trace gives as text.
import { nameOf } from "../trace/trace";
import type { Trace, TraceEdge } from "../trace/types";
import { shortNumber, symbolOf } from "../trace/notation";
import { clipped } from "../layout/layout";
import { math } from "./dom";

export type Formula = MathMLElement;
export const row = (...parts: (Formula | null)[]): Formula => math("mrow", {}, ...parts);
export const op = (sign: string): Formula => math("mo", {}, sign);

/// "w11" is w with an index, "h_t" likewise; other words stand upright.
export function name(whole: string): Formula {
    const text = clipped(whole, 24);
    const indexed = /^(\p{L})_?(\d{1,4})$/u.exec(text) ?? /^(\p{L})_(\p{L}|\p{L}\d)$/u.exec(text);
    if (indexed) return math("msub", {}, math("mi", {}, indexed[1]), math("mn", {}, indexed[2]));
    const numbered = /^#(\d+)$/.exec(text);
    if (numbered) return math("msub", {}, math("mi", {}, "n"), math("mn", {}, numbered[1]));
    return [...text].length === 1 ? math("mi", {}, text) : math("mi", { mathvariant: "normal" }, text);
}

/// In a product; `alone`: without parentheses around a sign.
export function number(x: number, alone = false): Formula {
    const text = shortNumber(Math.abs(x));
    const [digits, exponent] = text.split("e");
    const size = exponent
        ? row(math("mn", {}, digits), op("·"), math("msup", {}, math("mn", {}, "10"), math("mn", {}, exponent.replace("-", "−"))))
        : math("mn", {}, text === "inf" ? "∞" : text);
    if (!(x < 0 || Object.is(x, -0))) return size;
    const minus = math("mo", { form: "prefix", lspace: "0", rspace: "0" }, "−");
    return alone ? row(minus, size) : row(op("("), minus, size, op(")"));
}

/// dL/dw with round d.
export function derivative(trace: Trace, node: number): Formula {
    const d = (n: number) => row(math("mo", { lspace: "0", rspace: "0" }, "∂"), name(nameOf(trace, n)));
    return math("mfrac", {}, d(trace.root), d(node));
}
export function localDerivative(trace: Trace, edge: TraceEdge): Formula {
    const d = (n: number) => row(math("mo", { lspace: "0", rspace: "0" }, "∂"), name(nameOf(trace, n)));
    return math("mfrac", {}, d(edge.to), d(edge.from));
}

/// A local derivative in names. Names are found as the longest that fits, for they may hold anything.
export function symbol(trace: Trace, edge: TraceEdge): Formula {
    const text = symbolOf(trace, edge);
    const names = [edge.to, ...trace.nodes[edge.to].inputs.map((e) => trace.edges[e].from)].map((n) => nameOf(trace, n));
    const parts: Formula[] = [];
    const push = (part: Formula) => {
        if (raise) parts.push(math("msup", {}, parts.pop()!, part));
        else parts.push(part);
        raise = false;
    };
    let raise = false;
    for (let i = 0; i < text.length; ) {
        const rest = text.slice(i);
        const begins = i === 0 || " (-^".includes(text[i - 1]);
        const fits = begins ? names.filter((n) => rest.startsWith(n)).sort((a, b) => b.length - a.length)[0] : undefined;
        const word = /^[\p{L}_][\p{L}\d_]*/u.exec(rest)?.[0];
        const digits = /^(\d+\.?\d*(e-?\d+)?)/.exec(rest)?.[0];
        if (fits) push(name(fits));
        else if (word) push(math("mi", { mathvariant: "normal" }, word));
        else if (digits) push(math("mn", {}, digits));
        else if (rest[0] === "^") raise = parts.length > 0;
        else if (rest[0] === "*") push(op("·"));
        else if (rest[0] === "'") push(math("mo", { lspace: "0", rspace: "0" }, "′"));
        else if (rest[0] !== " ") push(op(rest[0] === "-" ? "−" : rest[0]));
        i += fits?.length ?? word?.length ?? digits?.length ?? 1;
    }
    return row(...parts);
}

/// Around sums, quotients and signs within a product.
export function factor(trace: Trace, edge: TraceEdge): Formula {
    const text = symbolOf(trace, edge);
    const inner = symbol(trace, edge);
    return /^-| [+/-] /.test(text) ? row(op("("), inner, op(")")) : inner;
}

export function block(...parts: Formula[]): Formula {
    return math("math", { display: "block" }, row(...parts));
}
export function inline(...parts: Formula[]): Formula {
    return math("math", { displaystyle: "true" }, row(...parts));
}
