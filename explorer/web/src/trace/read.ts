// A trace from its file, or the reason why it is none.
import { canEvaluate } from "../evaluate/evaluate";
import { same } from "../evaluate/shapes";
import { type Json, Refusal, type Said, integer, isObject, list, maybe, object, real, refuse, say, text } from "./json";
import { shortNumber } from "./notation";
import { replay } from "./replay";
import { readTensor, readTerms, sizes } from "./read_tensors";
import { fileAt, readTraining } from "./training";
import { isSource, link, nameOf } from "./trace";
import type { Trace, TraceEdge, TraceEvent, TraceNode } from "./types";

export const traceVersion = 3;
export { Refusal };

function parsed(source: string): Json {
    if (source.trim() === "") return refuse`it is empty`;
    let file: unknown;
    try {
        file = JSON.parse(source);
    } catch {
        // Half a file opens more than it closes.
        if (source.trimEnd().endsWith("}")) return refuse`it is no JSON`;
        return refuse`it ends too early, after ${source.length} characters: the file was cut`;
    }
    if (!isObject(file) || file.format !== "xgrad-trace") return refuse`it is no trace: "format" is not "xgrad-trace"`;
    const version = integer(file, "version", say`the trace`);
    if (version > traceVersion)
        refuse`it is of version ${version}, and this page reads versions 1 to ${traceVersion}; take the xgrad that wrote it`;
    if (version < 1) refuse`there is no version ${version}`;
    return file;
}

class Reader {
    private readonly places = new Map<number, number>(); // of nodes, by the ids of the file
    private readonly edges = new Map<number, number>();
    readonly trace: Trace = {
        nodes: [],
        edges: [],
        events: [],
        root: 0,
        seed: 1,
        operations: new Map(),
        sources: new Map(),
        tensors: [],
        recorded: null,
        runs: [],
        known: null,
        file: "",
        omitted: 0,
        reason: "",
        fold: [],
    };

    constructor(private readonly file: Json) {}

    read(): Trace {
        const { file, trace } = this;
        trace.seed = real(file.seed, say`"seed"`);
        this.readOperations();
        if ("tensors" in file) list(file, "tensors").forEach((x, i) => trace.tensors.push(readTensor(object(x, say`tensor ${i}`), trace.tensors, say`tensor ${i}`)));
        this.readNodes();
        this.readEdges();
        trace.root = this.node(integer(file, "root", say`the trace`), say`"root"`);
        this.checkInputs();
        this.readSources();
        if (isObject(file.omitted)) {
            trace.omitted = integer(file.omitted, "nodes", say`"omitted"`);
            trace.reason = text(file.omitted, "reason", say`"omitted"`);
        }
        if (Array.isArray(file.fold)) trace.fold = file.fold.filter((path): path is string => typeof path === "string");
        if (trace.nodes.some((n) => n.dtype !== "")) trace.recorded = list(file, "backward").map((e, i) => this.readEvent(object(e, say`event ${i}`), say`event ${i}`));
        trace.runs = readTraining(file, (id) => this.node(id, say`a parameter of the training`), (graph) => ({ ...new Reader(fileAt(file, graph)).read(), runs: trace.runs }));
        replay(trace);
        if (trace.recorded) this.checkRecorded(trace.recorded);
        else if ("backward" in file) this.checkEvents(list(file, "backward"));
        return trace;
    }

    private node(id: number, where: Said): number {
        return this.places.get(id) ?? refuse`${where} names node ${id}, which is missing`;
    }

    private readOperations(): void {
        if (!("operations" in this.file)) return;
        for (const [op, about] of Object.entries(object(this.file.operations, say`"operations"`))) {
            const where = say`operation '${op}'`;
            const it = object(about, where);
            this.trace.operations.set(op, {
                formula: text(it, "formula", where),
                derivative: text(it, "derivative", where),
                known: it.known !== false,
            });
        }
    }

    // Nodes are numbered by their place in the forward order.
    private readNodes(): void {
        const nodes = list(this.file, "nodes");
        const order = list(this.file, "forward");
        if (nodes.length === 0) refuse`it has no nodes`;
        order.forEach((id, place) => {
            if (typeof id !== "number" || !Number.isInteger(id)) return refuse`"forward" holds something that is no number of a node`;
            if (this.places.has(id)) refuse`"forward" names node ${id} twice`;
            return this.places.set(id, place);
        });
        if (order.length !== nodes.length) refuse`"forward" names ${order.length} nodes, and there are ${nodes.length}`;
        for (const entry of nodes) {
            const n = object(entry, say`a node`);
            const id = integer(n, "id", say`a node`);
            const where = say`node ${id}`;
            const place = this.node(id, say`"nodes"`);
            if (this.trace.nodes[place]) refuse`${where} is there twice`;
            this.trace.nodes[place] = this.readNode(n, where);
        }
    }
    /// A number, or the place of a tensor; null is NaN.
    private quantity(x: unknown, where: Said): { x: number; tensor: number } {
        if (x === null) return { x: NaN, tensor: -1 };
        if (!isObject(x)) return { x: real(x, where), tensor: -1 };
        const tensor = integer(x, "tensor", where);
        if (!this.trace.tensors[tensor]) refuse`${where} names tensor ${tensor}, which is missing`;
        return { x: NaN, tensor };
    }
    private readNode(n: Json, where: Said): TraceNode {
        const op = text(n, "op", where);
        if (op === "") refuse`${where} has no "op"`;
        const file = text(n, "file", where);
        const value = "value" in n ? this.quantity(n.value, say`the value of ${where}`) : refuse`${where} has no "value"`;
        const shape = sizes(n, where);
        const kept = n.value !== null;
        if (kept && !same(shape, value.tensor < 0 ? [] : this.trace.tensors[value.tensor].shape)) refuse`${where} has another shape than its value`;
        return {
            op,
            label: text(n, "label", where),
            module: text(n, "module", where),
            file,
            line: file === "" ? 0 : integer(n, "line", where),
            shape,
            dtype: text(n, "dtype", where),
            value: value.x,
            tensor: value.tensor,
            kept,
            terms: isObject(n.terms) ? readTerms(n.terms, where) : null,
            gradient: null,
            inputs: [],
            uses: [],
        };
    }

    private readEdges(): void {
        const found = list(this.file, "edges").map((entry) => {
            const e = object(entry, say`an edge`);
            const id = integer(e, "id", say`an edge`);
            return { id, edge: this.readEdge(e, say`edge ${id}`) };
        });
        found.sort((a, b) => a.edge.to - b.edge.to || a.edge.slot - b.edge.slot);
        for (const { id, edge } of found) {
            if (this.edges.has(id)) refuse`edge ${id} is there twice`;
            this.edges.set(id, this.trace.edges.length);
            this.trace.edges.push(edge);
        }
        link(this.trace);
    }
    private readEdge(e: Json, where: Said): TraceEdge {
        const from = this.node(integer(e, "from", where), where);
        const to = this.node(integer(e, "to", where), where);
        const slot = integer(e, "slot", where);
        if (slot < 0) refuse`${where} has a slot below 0`;
        if (from >= to)
            refuse`${where} leads from node ${String(e.from)} to node ${String(e.to)}, which stands before it in "forward": the graph has a cycle or another order`;
        const local = this.quantity(e.local ?? null, say`"local" of ${where}`);
        const vjp = text(e, "vjp", where);
        if ((e.local ?? null) === null && vjp === "") refuse`"local" of ${where} is no number`;
        const symbol = text(e, "symbol", where);
        return { from, to, slot, local: local.x, localTensor: local.tensor, position: "position" in e ? integer(e, "position", where) : -1, symbol, vjp, difference: maybe(e, "difference", where), blocked: e.blocked === true, contribution: null };
    }

    private checkInputs(): void {
        const { trace } = this;
        trace.nodes.forEach((n, i) => {
            const where = say`node ${i} ('${n.op}')`;
            const source = isSource(n);
            if (source && n.inputs.length > 0) refuse`${where} has inputs`;
            if (source) return;
            if (n.inputs.length === 0) refuse`${where} has no inputs`;
            n.inputs.forEach((e, slot) => {
                if (trace.edges[e].slot !== slot) refuse`${where} has no input ${slot}, or two`;
            });
            if (["add", "sub", "mul", "div", "pow"].includes(n.op) && n.inputs.length !== 2)
                refuse`${where} has ${n.inputs.length} inputs, and it takes 2`;
            if (!trace.operations.has(n.op)) {
                if (!canEvaluate(trace, i)) refuse`nobody knows the operation of ${where}`;
                trace.operations.set(n.op, { formula: "", derivative: "", known: true });
            }
        });
    }

    private readSources(): void {
        if (!("sources" in this.file)) return;
        for (const [name, lines] of Object.entries(object(this.file.sources, say`"sources"`))) {
            const texts = new Map<number, string>();
            for (const [line, source] of Object.entries(object(lines, say`the lines of ${name}`))) {
                if (typeof source !== "string") refuse`"sources" holds something that is no text`;
                texts.set(Number(line), source as string);
            }
            this.trace.sources.set(name, texts);
        }
    }

    private readEvent(e: Json, where: Said): TraceEvent {
        const kind = e.kind;
        if (kind !== "seed" && kind !== "contribution" && kind !== "complete") return refuse`${where} has the kind ${JSON.stringify(kind)}`;
        const node = this.node(integer(e, "node", where), where);
        const part = (key: string) => this.quantity(e[key] ?? null, say`"${key}" of ${where}`);
        const [upstream, local, product, before, after] = ["upstream", "local", "product", "before", "after"].map(part);
        const id = kind === "contribution" ? integer(e, "edge", where) : -1;
        const edge = kind === "contribution" ? (this.edges.get(id) ?? refuse`${where} names edge ${id}, which is missing`) : -1;
        if (e.after === undefined || e.after === null) refuse`${where} has no "after"`;
        const tensors = { upstream: upstream.tensor, product: product.tensor, before: before.tensor, after: after.tensor };
        if (kind === "complete") return { kind, node, edge, upstream: NaN, local: NaN, product: NaN, before: after.x, after: after.x, tensors: { ...tensors, before: after.tensor } };
        return { kind, node, edge, upstream: upstream.x, local: local.x, product: product.x, before: (e.before ?? null) === null ? null : before.x, after: after.x, tensors };
    }
    // Events of tensors: each begins where the last one of its node ended, and adds what its edge brings.
    private checkRecorded(events: TraceEvent[]): void {
        const last = new Map<number, TraceEvent>();
        events.forEach((e, i) => {
            const edge = e.kind === "contribution" ? this.trace.edges[e.edge] : null;
            const had = last.get(e.node);
            const begins = e.kind === "complete" ? had !== undefined : (e.before !== null) === (had !== undefined);
            const same = !had || Object.is(e.before, had.after) || (e.before !== null && Number.isNaN(e.before));
            if ((edge && edge.from !== e.node) || !begins || !same || (e.kind === "seed" && e.node !== this.trace.root))
                refuse`event ${i} is not what its edges make there: a '${e.kind}' at node ${nameOf(this.trace, e.node)}`;
            last.set(e.node, e);
        });
    }

    // A file whose events do not follow from its edges was damaged.
    private checkEvents(events: unknown[]): void {
        const expected = this.trace.events;
        if (events.length !== expected.length)
            refuse`"backward" has ${events.length} events, and its edges make ${expected.length}`;
        events.forEach((entry, i) => {
            const where = say`event ${i}`;
            if (this.fits(object(entry, where), expected[i], where)) return;
            const { kind, node, after } = expected[i];
            refuse`${where} is not what its edges make there: a '${kind}' at node ${nameOf(this.trace, node)} that ends at ${shortNumber(after)}`;
        });
    }
    private fits(e: Json, expected: TraceEvent, where: Said): boolean {
        const same = (key: "after" | "before" | "product" | "local" | "upstream") =>
            Object.is(maybe(e, key, where) ?? null, expected[key]) || maybe(e, key, where) === expected[key];
        if (this.node(integer(e, "node", where), where) !== expected.node || e.kind !== expected.kind) return false;
        if (!same("after")) return false;
        if (expected.kind === "complete") return true;
        if (!same("before") || !same("product")) return false;
        if (expected.kind === "seed") return true;
        return this.edges.get(integer(e, "edge", where)) === expected.edge && same("local") && same("upstream");
    }
}


/// Refusal, with the reason, if it is no trace, of a later version, damaged or inconsistent.
export function readTrace(source: string): Trace {
    const trace = new Reader(parsed(source)).read();
    if (trace.recorded) trace.file = source;
    return trace;
}
