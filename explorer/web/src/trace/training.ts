// Training recordings: the numbers of every step, to the bit. docs/explorer/trace-format.md describes the series.
import type { Trace } from "./types";
import { type Json, type Said, integer, isObject, list, object, refuse, say, text } from "./json";

export interface Track {
    name: string;
    shape: number[];
    series: number[][]; // for each number, one a step
}
export interface Parameter extends Track {
    node: number; // or -1
    gradients: number[][];
}
export interface State extends Track {
    parameter: number; // or -1
}
export interface Run {
    name: string;
    optimizer: string;
    steps: number;
    loss: number[];
    lr: number[];
    parameters: Parameter[];
    state: State[];
    nodes: { node: number; value: number[]; gradient: number[] }[]; // empty: the graph was not the same in all steps
    graphs: Map<number, () => Trace>; // of tensors, in the steps that were kept
}

const view = new DataView(new ArrayBuffer(8));

/// Numbers from their bits, each written as the exclusive or with the one before; absent ones are NaN.
export function decode(series: string, single = false): number[] {
    if (series === "") return [];
    const width = single ? 8 : 16;
    let [high, low] = [0, 0];
    return series.split(",").map((word) => {
        if (word === "-") return NaN;
        if (!/^[0-9a-f]*$/.test(word) || word.length > width) return refuse`a series holds ${JSON.stringify(word)}, which is no number`;
        const digits = word.padStart(16, "0");
        high ^= parseInt(digits.slice(0, 8), 16);
        low ^= parseInt(digits.slice(8), 16);
        view.setInt32(0, single ? low : high);
        view.setInt32(4, low);
        return single ? view.getFloat32(0) : view.getFloat64(0);
    });
}

/// `steps` in a series of one number has that many commas less one, and an empty text is a single unchanged 0.
function readSeries(x: unknown, count: number, where: Said, single = false): number[] {
    if (typeof x !== "string") return refuse`${where} is no series`;
    const numbers = x === "" && count === 1 ? [0] : decode(x, single);
    return numbers.length === count ? numbers : refuse`${where} has ${numbers.length} numbers, and ${count} are expected`;
}

/// A series that is absent is that of the parameter; a number names a node before it that has the same.
function readNodes(entries: unknown[], parameters: readonly Parameter[], steps: number, place: Place, where: Said): Run["nodes"] {
    const found = new Map<number, Run["nodes"][0]>();
    for (const entry of entries) {
        const n = object(entry, say`a node of ${where}`);
        const node = place(integer(n, "node", say`a node of ${where}`));
        const own = parameters.find((p) => p.node === node);
        const read = (key: "value" | "gradient"): number[] => {
            const x = n[key];
            if (typeof x === "number") return found.get(place(x))?.[key] ?? refuse`${where} names node ${x}, which is missing`;
            const its = (key === "value" ? own?.series : own?.gradients)?.[0];
            return x === undefined && its ? its.slice(0, steps) : readSeries(x, steps, say`"${key}" of a node`);
        };
        found.set(node, { node, value: read("value"), gradient: read("gradient") });
    }
    return [...found.values()];
}

function readRun(run: Json, place: Place, where: Said, read: ReadGraph): Run {
    const steps = integer(run, "steps", where);
    const track = (x: unknown, kind: Said, count: number) => {
        const of = object(x, say`${kind} of ${where}`);
        const name = text(of, "name", where);
        const single = of.dtype === "float32";
        const all = (key: string, n: number) => list(of, key).map((s) => readSeries(s, n, say`"${key}" of ${name}`, single));
        return { of, name, shape: list(of, "shape").map(Number), series: all("values", count), all };
    };
    const parameters = list(run, "parameters").map((x): Parameter => {
        const { of, name, shape, series, all } = track(x, say`a parameter`, steps + 1);
        return { name, shape, series, node: typeof of.node === "number" ? place(of.node) : -1, gradients: all("gradients", steps) };
    });
    const state = list(run, "state").map((x): State => {
        const { of, name, shape, series } = track(x, say`a state`, steps);
        return { name, shape, series, parameter: typeof of.parameter === "number" ? of.parameter : -1 };
    });
    const nodes = "nodes" in run ? readNodes(list(run, "nodes"), parameters, steps, place, where) : [];
    const graphs = new Map<number, () => Trace>();
    for (const x of "graphs" in run ? list(run, "graphs") : []) {
        const graph = object(x, say`a graph of ${where}`);
        let found: Trace | null = null; // made when it is asked for
        graphs.set(integer(graph, "step", say`a graph of ${where}`), () => (found ??= read(graph)));
    }
    return { graphs, name: text(run, "name", where), optimizer: text(run, "optimizer", where), steps, loss: readSeries(run.loss, steps, say`"loss"`), lr: readSeries(run.lr, steps, say`"lr"`), parameters, state, nodes };
}

type ReadGraph = (graph: Json) => Trace;
type Place = (id: number) => number; // of a node, by the file's id

/// The file of a trace with the numbers of one step in it.
export function fileAt(file: Json, graph: Json): Json {
    const each = (key: string) => {
        const now = list(graph, key);
        return list(file, key).map((x, i) => ({ ...object(x, say`"${key}" of a graph`), ...object(now[i], say`"${key}" of a graph`) }));
    };
    return { ...file, training: undefined, nodes: each("nodes"), edges: each("edges"), backward: list(graph, "backward"), tensors: list(graph, "tensors") };
}

export function readTraining(file: Json, place: Place, read: ReadGraph): Run[] {
    if (!isObject(file.training)) return [];
    return list(file.training, "runs").map((run, i) => readRun(object(run, say`run ${i}`), place, say`run ${i}`, read));
}
