// Formulas and rules that a trace has in English words, for readers of another language.
import { unary } from "../evaluate/functions";
import { nameOf } from "../trace/trace";
import { symbolOf } from "../trace/notation";
import type { Trace, TraceEdge } from "../trace/types";
import { language, t } from "./words";

// Longer phrases first, for they hold shorter ones.
const phrases: [string, string][] = [
    [", summed over the broadcast axes", "，沿广播的轴求和"],
    [", summed over the repeated axes", "，沿重复的轴求和"],
    [", summed over examples and places", "，对样本和位置求和"],
    [", summed over the rows", "，按行求和"],
    [", repeated along the summed axes", "，沿求和的轴重复"],
    [" / count, repeated along the averaged axes", " / 个数，沿平均的轴重复"],
    [" with its axes put back", "，轴换回原位"],
    ["the entry of upstream", "上游梯度的对应元素"],
    ["upstream at the entry, 0 elsewhere", "该元素处为上游梯度，其余为 0"],
    ["the transposed convolution of upstream and w", "上游梯度与 w 的转置卷积"],
    ["the transposed convolution of g and w", "g 与 w 的转置卷积"],
    ["the sums of x upstream", "x 与上游梯度乘积之和"],
    ["the sums of x g", "x 与 g 乘积之和"],
    ["added up at the positions read", "累加到被读取的位置"],
    ["upstream in the shape of ", "上游梯度，形状同 "],
    ["sum of g over rows", "g 按行求和"],
    ["sum of x over axes", "x 沿轴求和"],
    ["sum over ", "求和，遍及 "],
    [" along an axis", "，沿一个轴"],
    ["x's entries in row-major order under another shape", "x 的元素按行主序换成另一形状"],
    [" where x > 0, else ", "（x > 0），否则 "],
    [" for axis 0", "（轴 0）"],
    [" over axes", "，沿轴"],
    ["the rule of ", "规则："],
    ["upstream", "上游梯度"],
    [" else ", " 否则 "],
];
const mathWords = new Set([...Object.keys(unary), "add", "sub", "mul", "div", "pow", "sum", "mean", "max", "min", "maximum", "minimum", "softmax", "sum_j", "x_i", "x_j", "y_i", "y_j", "delta_ij", "pi", "bias", "index", "stride", "dilation", "padding"]);

/// In the page's language; empty where words of English would remain.
export function translated(text: string, names: readonly string[] = []): string {
    if (language() === "en") return text;
    let out = text;
    for (const [english, other] of phrases) out = out.replaceAll(english, other);
    let rest = out;
    for (const name of [...names].sort((a, b) => b.length - a.length)) if (name !== "") rest = rest.replaceAll(name, " ");
    const words = rest.match(/[A-Za-z_][A-Za-z_\d]+/g) ?? [];
    return words.every((word) => mathWords.has(word)) ? out : "";
}

/// What the rule of an edge makes of the upstream gradient.
export function ruleOf(trace: Trace, edge: TraceEdge): string {
    const names = [edge.to, ...trace.nodes[edge.to].inputs.map((e) => trace.edges[e].from)].map((n) => nameOf(trace, n));
    const text = symbolOf(trace, edge);
    return translated(text, names) || t("rule_by", { op: trace.nodes[edge.to].op });
}
