// A trace from its file, or the reason why it is none.
import { canEvaluate } from "../evaluate/evaluate";
import { shortNumber } from "./notation";
import { replay } from "./replay";
import { isConstant, isLeaf, link, nameOf } from "./trace";
import type { Trace, TraceEdge, TraceEvent, TraceNode } from "./types";

export const traceVersion = 1;
export class Refusal extends Error {}
const refuse = (why: string): never => {
    throw new Refusal(why);
};

type Json = Record<string, unknown>;
const isObject = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
const object = (x: unknown, where: string): Json => (isObject(x) ? x : refuse(`${where} is no object`));

function list(of: Json, key: string): unknown[] {
    if (!(key in of)) return refuse(`the trace has no "${key}"`);
    const found = of[key];
    return Array.isArray(found) ? found : refuse(`"${key}" is no list`);
}
function integer(of: Json, key: string, where: string): number {
    if (!(key in of)) return refuse(`${where} has no "${key}"`);
    const x = of[key];
    return typeof x === "number" && Number.isInteger(x) ? x : refuse(`"${key}" of ${where} is no integer`);
}
function text(of: Json, key: string, where: string): string {
    const x = of[key] ?? "";
    return typeof x === "string" ? x : refuse(`"${key}" of ${where} is no text`);
}
// JSON has no name for these.
const words: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
function real(x: unknown, where: string): number {
    if (typeof x === "number") return x;
    return typeof x === "string" && Object.hasOwn(words, x) ? words[x] : refuse(`${where} is no number`);
}
const maybe = (of: Json, key: string, where: string): number | null =>
    of[key] === undefined || of[key] === null ? null : real(of[key], `"${key}" of ${where}`);

function parsed(source: string): Json {
    if (source.trim() === "") return refuse("it is empty");
    let file: unknown;
    try {
        file = JSON.parse(source);
    } catch {
        // Half a file opens more than it closes.
        const open = source.trimEnd().endsWith("}") ? "it is no JSON" : `it ends too early, after ${source.length} characters: the file was cut`;
        return refuse(open);
    }
    if (!isObject(file) || file.format !== "xgrad-trace") return refuse('it is no trace: "format" is not "xgrad-trace"');
    const version = integer(file, "version", "the trace");
    if (version > traceVersion)
        refuse(`it is of version ${version}, and this page reads version ${traceVersion}; take the xgrad that wrote it`);
    if (version < 1) refuse(`there is no version ${version}`);
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
        omitted: 0,
    };

    constructor(private readonly file: Json) {}

    read(): Trace {
        const { file, trace } = this;
        trace.seed = real(file.seed, '"seed"');
        this.readOperations();
        this.readNodes();
        this.readEdges();
        trace.root = this.node(integer(file, "root", "the trace"), '"root"');
        this.checkInputs();
        this.readSources();
        if (typeof file.omitted === "number") trace.omitted = file.omitted;
        replay(trace);
        if ("backward" in file) this.checkEvents(list(file, "backward"));
        return trace;
    }

    private node(id: number, where: string): number {
        return this.places.get(id) ?? refuse(`${where} names node ${id}, which is missing`);
    }

    private readOperations(): void {
        if (!("operations" in this.file)) return;
        for (const [op, about] of Object.entries(object(this.file.operations, '"operations"'))) {
            const where = `operation '${op}'`;
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
        if (nodes.length === 0) refuse("it has no nodes");
        order.forEach((id, place) => {
            if (typeof id !== "number" || !Number.isInteger(id)) return refuse('"forward" holds something that is no number of a node');
            if (this.places.has(id)) refuse(`"forward" names node ${id} twice`);
            return this.places.set(id, place);
        });
        if (order.length !== nodes.length) refuse(`"forward" names ${order.length} nodes, and there are ${nodes.length}`);
        for (const entry of nodes) {
            const n = object(entry, "a node");
            const id = integer(n, "id", "a node");
            const where = `node ${id}`;
            const place = this.node(id, '"nodes"');
            if (this.trace.nodes[place]) refuse(`${where} is there twice`);
            this.trace.nodes[place] = this.readNode(n, where);
        }
    }
    private readNode(n: Json, where: string): TraceNode {
        const op = text(n, "op", where);
        if (op === "") refuse(`${where} has no "op"`);
        if (Array.isArray(n.shape) && n.shape.length > 0) refuse(`${where} is a tensor, and this page reads traces of scalars`);
        const file = text(n, "file", where);
        return {
            op,
            label: text(n, "label", where),
            module: text(n, "module", where),
            file,
            line: file === "" ? 0 : integer(n, "line", where),
            shape: [],
            value: "value" in n ? real(n.value, `the value of ${where}`) : refuse(`${where} has no "value"`),
            gradient: null,
            inputs: [],
            uses: [],
        };
    }

    private readEdges(): void {
        const found = list(this.file, "edges").map((entry) => {
            const e = object(entry, "an edge");
            const id = integer(e, "id", "an edge");
            return { id, edge: this.readEdge(e, `edge ${id}`) };
        });
        found.sort((a, b) => a.edge.to - b.edge.to || a.edge.slot - b.edge.slot);
        for (const { id, edge } of found) {
            if (this.edges.has(id)) refuse(`edge ${id} is there twice`);
            this.edges.set(id, this.trace.edges.length);
            this.trace.edges.push(edge);
        }
        link(this.trace);
    }
    private readEdge(e: Json, where: string): TraceEdge {
        const from = this.node(integer(e, "from", where), where);
        const to = this.node(integer(e, "to", where), where);
        const slot = integer(e, "slot", where);
        if (slot < 0) refuse(`${where} has a slot below 0`);
        if (from >= to)
            refuse(`${where} leads from node ${e.from} to node ${e.to}, which stands before it in "forward": the graph has a cycle or another order`);
        const local = real(e.local, `"local" of ${where}`);
        const symbol = text(e, "symbol", where);
        return { from, to, slot, local, symbol, blocked: e.blocked === true, contribution: null };
    }

    private checkInputs(): void {
        const { trace } = this;
        trace.nodes.forEach((n, i) => {
            const where = `node ${i} ('${n.op}')`;
            const source = isLeaf(n) || isConstant(n);
            if (source && n.inputs.length > 0) refuse(`${where} has inputs`);
            if (source) return;
            if (n.inputs.length === 0) refuse(`${where} has no inputs`);
            n.inputs.forEach((e, slot) => {
                if (trace.edges[e].slot !== slot) refuse(`${where} has no input ${slot}, or two`);
            });
            if (["add", "sub", "mul", "div", "pow"].includes(n.op) && n.inputs.length !== 2)
                refuse(`${where} has ${n.inputs.length} inputs, and it takes 2`);
            if (!trace.operations.has(n.op)) {
                if (!canEvaluate(trace, i)) refuse(`nobody knows the operation of ${where}`);
                trace.operations.set(n.op, { formula: "", derivative: "", known: true });
            }
        });
    }

    private readSources(): void {
        if (!("sources" in this.file)) return;
        for (const [name, lines] of Object.entries(object(this.file.sources, '"sources"'))) {
            const texts = new Map<number, string>();
            for (const [line, source] of Object.entries(object(lines, `the lines of ${name}`))) {
                if (typeof source !== "string") refuse('"sources" holds something that is no text');
                texts.set(Number(line), source as string);
            }
            this.trace.sources.set(name, texts);
        }
    }

    // A file whose events do not follow from its edges was damaged.
    private checkEvents(events: unknown[]): void {
        const expected = this.trace.events;
        if (events.length !== expected.length)
            refuse(`"backward" has ${events.length} events, and its edges make ${expected.length}`);
        events.forEach((entry, i) => {
            const where = `event ${i}`;
            if (this.fits(object(entry, where), expected[i], where)) return;
            const { kind, node, after } = expected[i];
            refuse(`${where} is not what its edges make there: a '${kind}' at node ${nameOf(this.trace, node)} that ends at ${shortNumber(after)}`);
        });
    }
    private fits(e: Json, expected: TraceEvent, where: string): boolean {
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
    return new Reader(parsed(source)).read();
}
