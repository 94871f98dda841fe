// Tensors of a trace, and what adds up to their elements.
import { type Json, type Said, integer, isObject, list, object, real, refuse, say, text } from "./json";
import type { ElementOperation, Tensor, Terms } from "./types";

const numbers = (of: Json, key: string, where: Said): number[] => list(of, key).map((x) => real(x, say`"${key}" of ${where}`));

export function readTensor(x: Json, where: Said): Tensor {
    const shape = numbers(x, "shape", where);
    const values = numbers(x, "values", where);
    const every = "every" in x ? integer(x, "every", where) : 1;
    const size = shape.reduce((a, b) => a * b, 1);
    if (every < 1 || values.length !== Math.ceil(size / every)) refuse`${where} of shape (${shape.join(", ")}) has ${values.length} numbers`;
    const told = isObject(x.statistics) ? x.statistics : {};
    const of = (key: string) => (key in told ? real(told[key], say`"${key}" of ${where}`) : NaN);
    return { dtype: text(x, "dtype", where), shape, values, every, statistics: { min: of("min"), max: of("max"), mean: of("mean"), norm: of("norm"), zeros: of("zeros"), bad: of("bad") } };
}

function readOperation(x: Json, place: number, where: Said): ElementOperation {
    const inputs = list(x, "in").map((from) => {
        if (typeof from === "number" && Number.isInteger(from) && from >= 0 && from < place) return { earlier: from };
        if (Array.isArray(from) && from.length === 2 && from.every(Number.isInteger)) return { input: from[0] as number, at: from[1] as number };
        return isObject(from) ? { number: real(from.number, where) } : refuse`an operation of ${where} reads what is not there`;
    });
    return { op: text(x, "op", where), label: text(x, "label", where), in: inputs };
}

export function readTerms(x: Json, where: Said): Terms {
    const of = list(x, "of").map((terms) => (Array.isArray(terms) ? (terms as (number | number[])[]) : refuse`"terms" of ${where} is no list of lists`));
    const form = text(x, "form", where);
    const operations = form === "operations" ? (of as unknown[][]).map((all) => all.map((one, i) => readOperation(object(one, where), i, where))) : [];
    return { form, operations, of: operations.length > 0 ? [] : of, bias: "bias" in x ? numbers(x, "bias", where) : [], at: "at" in x ? numbers(x, "at", where) : [] };
}
