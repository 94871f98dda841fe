// Numbers, nodes and derivatives in names.
import { isConstant, isHidden, nameOf } from "./trace";
import type { Trace, TraceEdge } from "./types";

/// At most 6 digits, for people.
export function shortNumber(x: number): string {
    if (Number.isNaN(x)) return "nan";
    if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
    if (x === 0) return "0";
    const size = Math.abs(x);
    if (size >= 1e-4 && size < 1e6) return String(Number(x.toPrecision(6)));
    const [digits, exponent] = x.toExponential(5).split("e");
    return `${Number(digits)}e${exponent.replace("+", "")}`;
}
/// All digits that give the number back, as Number() reads it.
export const fullNumber = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

const infix: Record<string, string> = { add: "+", sub: "-", mul: "*", div: "/", pow: "^" };

const operand = (trace: Trace, node: number): string =>
    isHidden(trace.nodes[node]) && trace.nodes[node].tensor < 0 && trace.nodes[node].kept ? shortNumber(trace.nodes[node].value) : nameOf(trace, node);
const input = (trace: Trace, node: number, slot: number): string =>
    operand(trace, trace.edges[trace.nodes[node].inputs[slot]].from);

/// "x * w", "sigmoid(z)", "1.5".
export function expressionOf(trace: Trace, node: number): string {
    const n = trace.nodes[node];
    if (n.inputs.length === 0) return shortNumber(n.value);
    const parts = n.inputs.map((_, slot) => input(trace, node, slot));
    if (Object.hasOwn(infix, n.op) && parts.length === 2) return `${parts[0]} ${infix[n.op]} ${parts[1]}`;
    if (n.op === "neg" && parts.length === 1) return `-${parts[0]}`;
    if (parts.length > 6) parts.splice(3, parts.length - 4, "…");
    return `${n.op}(${parts.join(", ")})`;
}

function powerSymbol(trace: Trace, edge: TraceEdge): string {
    const base = input(trace, edge.to, 0);
    if (edge.slot === 1) return `${nameOf(trace, edge.to)} * log(${base})`;
    const exponent = trace.nodes[trace.edges[trace.nodes[edge.to].inputs[1]].from];
    const power = input(trace, edge.to, 1);
    if (!isConstant(exponent)) return `${power} * ${base}^(${power} - 1)`;
    if (exponent.value === 2) return `2 * ${base}`;
    return `${shortNumber(exponent.value)} * ${base}^${shortNumber(exponent.value - 1)}`;
}

/// d(to)/d(from) in names; what the trace says, if it says it.
export function symbolOf(trace: Trace, edge: TraceEdge): string {
    if (edge.symbol !== "") return edge.symbol;
    if (edge.vjp !== "") return edge.vjp;
    const { op, inputs } = trace.nodes[edge.to];
    const part = (slot: number) => input(trace, edge.to, slot);
    const two = inputs.length === 2;
    if (op === "add" || op === "sum") return "1";
    if (op === "sub" && two) return edge.slot === 0 ? "1" : "-1";
    if (op === "mul" && two) return part(1 - edge.slot);
    if (op === "neg") return "-1";
    if (op === "mean") return `1 / ${inputs.length}`;
    if (op === "div" && two) return edge.slot === 0 ? `1 / ${part(1)}` : `-${part(0)} / ${part(1)}^2`;
    if (op === "pow" && two) return powerSymbol(trace, edge);
    if (op === "square") return `2 * ${part(0)}`;
    if (op === "exp") return nameOf(trace, edge.to);
    if (op === "log") return `1 / ${part(0)}`;
    if (op === "dot") return part((edge.slot + inputs.length / 2) % inputs.length);
    if (inputs.length === 1) return `${op}'(${part(0)})`;
    return `d${op}/d${edge.slot + 1}`;
}
