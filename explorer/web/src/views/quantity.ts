// A number or a tensor in a cell: short for people, all of it in data-value.
import { setNumber } from "../draw/dom";
import { fullNumber, shortNumber } from "../trace/notation";
import { quantityText } from "../trace/quantity";
import type { Tensor, Trace } from "../trace/types";

// Of many numbers it takes time, and every step asks for all rows.
const written = new WeakMap<Tensor, string>();
function allNumbers(t: Tensor): string {
    const text = written.get(t) ?? JSON.stringify(t.values);
    written.set(t, text);
    return text;
}
/// `bare`: without the shape, where that stands beside it.
export function setQuantity(cell: Element, trace: Trace, x: number | null, tensor: number, none = "–", bare = false): void {
    const full = tensor >= 0 ? allNumbers(trace.tensors[tensor]) : x === null ? "" : fullNumber(x);
    const text = quantityText(trace, x, tensor, none);
    setNumber(cell, x === null && tensor < 0 ? null : 0, bare ? text.replace(/^\(.*\) \|/, "|") : text, full);
}
/// One number, three in a list, or how large many are.
export function setNumbers(cell: Element, x: ArrayLike<number> | null): void {
    if (x === null) return setNumber(cell, null, "–", "");
    if (x.length === 1) return setNumber(cell, 0, shortNumber(x[0]), fullNumber(x[0]));
    const all = Array.from(x);
    const few = all.length <= 3 && all.map((v) => Number(v.toPrecision(3))).join(" ");
    setNumber(cell, 0, few ? `[${few}]` : `|${shortNumber(Number(Math.sqrt(all.reduce((s, v) => s + v * v, 0)).toPrecision(4)))}|`, JSON.stringify(all));
}
