// For Graphviz: `dot -Tsvg`.
import { expressionOf, shortNumber } from "../trace/notation";
import { quantityText } from "../trace/quantity";
import { gradientPlaces, isConstant, isLeaf, nameOf } from "../trace/trace";
import type { Trace } from "../trace/types";

const escaped = (text: string): string => text.replace(/["\\{}|<>]/g, "\\$&").replace(/[\u0000-\u001f]/g, " ");

export function dotOf(trace: Trace): string {
    let out = 'digraph trace {\n  rankdir=LR;\n  ordering=in;\n  node [shape=record, fontname="Helvetica", fontsize=11, style=filled, fillcolor=white, color=gray40];\n  edge [color=gray40, arrowsize=0.7, fontname="Helvetica", fontsize=9];\n';
    const gradients = gradientPlaces(trace);
    trace.nodes.forEach((n, i) => {
        if (isConstant(n)) return (out += `  n${i} [shape=plaintext, style="", label="${n.kept ? quantityText(trace, n.value, n.tensor) : nameOf(trace, i)}"];\n`);
        const title = isLeaf(n) ? nameOf(trace, i) : `${nameOf(trace, i)} = ${expressionOf(trace, i)}`;
        const gradient = quantityText(trace, n.gradient, gradients[i], "-");
        return (out += `  n${i} [label="{${escaped(title)} | value ${escaped(quantityText(trace, n.value, n.tensor))} | grad ${escaped(gradient)}}"${isLeaf(n) ? ', fillcolor="#e8f0fe"' : ""}];\n`);
    });
    for (const e of trace.edges) out += `  n${e.from} -> n${e.to}${e.contribution === null || e.vjp !== "" ? "" : ` [label="${shortNumber(e.local)}"]`};\n`;
    return `${out}}\n`;
}
