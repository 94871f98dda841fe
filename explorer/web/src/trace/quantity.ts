// A number or a tensor in a few characters.
import { shortNumber } from "./notation";
import type { Tensor, Trace } from "./types";

export const shapeText = (shape: readonly number[]): string => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);

/// "[0.1 2 -3]" of few numbers, or else the shape and the norm.
export function tensorText(t: Tensor, most = 40): string {
    const list = t.shape.length === 1 && t.values.length <= 3 && t.every === 1 ? `[${t.values.map((x) => Number(x.toPrecision(4))).join(" ")}]` : "";
    if (list !== "" && list.length <= most) return list;
    return `${shapeText(t.shape)} |${Number(t.statistics.norm.toPrecision(4))}|`;
}
export function quantityText(trace: Trace, x: number | null, tensor: number, none = "–"): string {
    if (tensor >= 0) return tensorText(trace.tensors[tensor]);
    return x === null ? none : shortNumber(x);
}
