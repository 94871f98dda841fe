// Tensors of a trace, and what adds up to their elements.
import { type Json, type Said, integer, isObject, list, object, real, refuse, say, text } from "./json";
import { statisticsOf } from "./statistics";
import type { ElementOperation, Tensor, Terms } from "./types";

const numbers = (of: Json, key: string, where: Said): number[] => list(of, key).map((x) => real(x, say`"${key}" of ${where}`));

const isPlace = (x: unknown): x is number => Number.isInteger(x) && (x as number) >= 0;

export function sizes(of: Json, where: Said): number[] {
    const shape = "shape" in of ? list(of, "shape") : [];
    return shape.every(isPlace) ? shape : refuse`"shape" of ${where} holds no size`;
}

/// Its numbers, or the place of a tensor before it that has the same ones.
function valuesOf(x: Json, dtype: string, earlier: readonly Tensor[], where: Said): number[] {
    if (typeof x.values === "number") return earlier[x.values]?.values ?? refuse`${where} names tensor ${x.values}, which is missing`;
    const values = numbers(x, "values", where);
    return dtype === "float32" ? values.map(Math.fround) : values;
}

export function readTensor(x: Json, earlier: readonly Tensor[], where: Said): Tensor {
    const dtype = "dtype" in x ? text(x, "dtype", where) : "float32";
    const shape = sizes(x, where);
    const values = valuesOf(x, dtype, earlier, where);
    const every = "every" in x ? integer(x, "every", where) : 1;
    const size = shape.reduce((a, b) => a * b, 1);
    if (every < 1 || values.length !== Math.ceil(size / every)) refuse`${where} of shape (${shape.join(", ")}) has ${values.length} numbers`;
    if (every === 1 && !("statistics" in x)) return { dtype, shape, values, every, statistics: statisticsOf(values) };
    const told = object(x.statistics, say`"statistics" of ${where}`);
    const of = (key: string) => real(told[key], say`"${key}" of ${where}`);
    return { dtype, shape, values, every, statistics: { min: of("min"), max: of("max"), mean: of("mean"), norm: of("norm"), zeros: of("zeros"), bad: of("bad") } };
}

function readOperation(x: Json, place: number, where: Said): ElementOperation {
    const inputs = list(x, "in").map((from) => {
        if (typeof from === "number" && Number.isInteger(from) && from >= 0 && from < place) return { earlier: from };
        if (Array.isArray(from) && from.length === 2 && from.every(Number.isInteger)) return { input: from[0] as number, at: from[1] as number };
        return isObject(from) ? { number: real(from.number, where) } : refuse`an operation of ${where} reads what is not there`;
    });
    return { op: text(x, "op", where), label: text(x, "label", where), in: inputs };
}

/// A pair or triple, or a place alone, as its form has it; null: another thing.
function readTerm(form: string, x: unknown): number | number[] | null {
    if (form === "products") return Array.isArray(x) && x.length === 2 && x.every(isPlace) ? x : null;
    if (isPlace(x)) return form === "weighted" ? [x, 1] : x;
    return form === "weighted" && Array.isArray(x) && (x.length === 2 || x.length === 3) && x.slice(0, -1).every(isPlace) && typeof x.at(-1) === "number" ? x : null;
}

export function readTerms(x: Json, where: Said): Terms {
    const form = text(x, "form", where);
    const all = list(x, "of").map((terms) => (Array.isArray(terms) ? terms : [terms]));
    const terms: Terms = { form, operations: [], of: [], bias: "bias" in x ? numbers(x, "bias", where) : [], at: "at" in x ? numbers(x, "at", where) : [] };
    if (form === "operations") terms.operations = all.map((one) => one.map((o, i) => readOperation(object(o, where), i, where)));
    else if (form !== "products" && form !== "weighted" && all.some((one) => one.length === 0)) refuse`the terms of ${where} are damaged`;
    else terms.of = all.map((one) => one.map((term) => readTerm(form, term) ?? refuse`the terms of ${where} are damaged`));
    return terms;
}
