// Each gradient as the sum of its contributions, in symbols and in numbers.
import { shortNumber, symbolOf } from "../trace/notation";
import { quantityText } from "../trace/quantity";
import { ledgerOf, nameOf } from "../trace/trace";
import type { Trace, TraceEdge } from "../trace/types";

const escaped = (text: string): string =>
    text.replace(/\\/g, "\u0000").replace(/[#$%&_{}]/g, "\\$&").replace(/[~^]/g, "\\$&{}").replace(/\u0000/g, "\\backslash ").replace(/[\u0000-\u001f]/g, " ");

function latexName(text: string): string {
    const indexed = /^([A-Za-z])(\d*)$/.exec(text);
    if (indexed) return indexed[2] === "" ? text : `${indexed[1]}_{${indexed[2]}}`;
    return text.startsWith("#") ? `n_{${text.slice(1)}}` : `\\mathrm{${escaped(text)}}`;
}
function latexNumber(x: number): string {
    if (Number.isNaN(x)) return "\\mathrm{nan}";
    if (!Number.isFinite(x)) return x > 0 ? "\\infty" : "-\\infty";
    const [digits, exponent] = shortNumber(x).split("e");
    const text = exponent ? `${digits} \\cdot 10^{${Number(exponent)}}` : digits;
    return x < 0 ? `(${text})` : text;
}
function latexSymbol(trace: Trace, edge: TraceEdge): string {
    const text = symbolOf(trace, edge);
    const names = [edge.to, ...trace.nodes[edge.to].inputs.map((e) => trace.edges[e].from)].map((n) => nameOf(trace, n));
    let out = "";
    for (let i = 0; i < text.length; ) {
        const rest = text.slice(i);
        const begins = i === 0 || " (-^".includes(text[i - 1]);
        const fits = begins ? names.filter((n) => rest.startsWith(n)).sort((a, b) => b.length - a.length)[0] : undefined;
        const word = begins ? /^[A-Za-z_]\w*/.exec(rest)?.[0] : undefined;
        out += fits ? latexName(fits) : word ? `\\mathrm{${escaped(word)}}` : rest[0] === "*" ? "\\cdot" : rest[0];
        i += fits?.length ?? word?.length ?? 1;
    }
    return out;
}

export function latexOf(trace: Trace): string {
    const d = (node: number) => `\\frac{\\partial ${latexName(nameOf(trace, trace.root))}}{\\partial ${latexName(nameOf(trace, node))}}`;
    const lines = trace.events.filter((e) => e.kind === "complete").map((done) => {
        const rows = ledgerOf(trace, done.node).map((row) => trace.events[row]).filter((e) => e.kind === "contribution");
        const total = done.tensors && done.tensors.after >= 0 ? `\\text{${escaped(quantityText(trace, null, done.tensors.after))}}` : latexNumber(done.after);
        if (rows.some((e) => trace.edges[e.edge].vjp !== "")) {
            const rules = rows.map((e) => `\\text{${escaped(symbolOf(trace, trace.edges[e.edge]).replaceAll(" * ", " · "))}}`);
            return `  ${d(done.node)} &= ${rules.join(" + ")} = ${total} \\\\\n`;
        }
        const symbols = rows.map((e) => `${d(trace.edges[e.edge].to)} \\cdot \\left(${latexSymbol(trace, trace.edges[e.edge])}\\right)`);
        const numbers = rows.map((e) => `${latexNumber(e.upstream)} \\cdot ${latexNumber(e.local)}`);
        const sum = rows.length === 0 ? "" : `${symbols.join(" + ")} = ${numbers.join(" + ")} = `;
        return `  ${d(done.node)} &= ${sum}${total} \\\\\n`;
    });
    return `\\begin{align*}\n${lines.join("")}\\end{align*}\n`;
}
