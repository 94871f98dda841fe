import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Checker } from "../../src/evaluate/check";
import { edited, firstUnknown, noEdits } from "../../src/evaluate/evaluate";
import { operationOf } from "../../src/evaluate/operations";
import { readTrace } from "../../src/trace/read";
import { replay } from "../../src/trace/replay";
import { copyOf, findNode } from "../../src/trace/trace";
import type { Trace } from "../../src/trace/types";
import { Session } from "../../src/state/session";
import { nodeOf, traceOf, web } from "../support";

const bits = new DataView(new ArrayBuffer(8));
function ordered(x: number): bigint {
    bits.setFloat64(0, x);
    const n = bits.getBigInt64(0);
    return n < 0n ? -(2n ** 63n) - n : n;
}
function ulps(a: number, b: number): number {
    if (Number.isNaN(a) && Number.isNaN(b)) return 0;
    const d = ordered(a) - ordered(b);
    return Number(d < 0n ? -d : d);
}

interface Stored {
    op: string;
    in: number[];
    value: number | string;
    slopes: (number | string)[];
}
const real = (x: number | string): number => (typeof x === "number" ? x : { nan: NaN, inf: Infinity, "-inf": -Infinity }[x]!);

test("every operation gives the numbers of the library within 4 ulp", () => {
    // Written by tests/explorer/page_test.cpp, which compares them with the library again.
    const stored = JSON.parse(readFileSync(join(web, "test/operations.json"), "utf8")) as Stored[];
    const missing = new Set<string>(); // every operation of the library on numbers is among the rows
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (const { op, in: x, value, slopes } of stored) {
        const own = operationOf(op, x.length);
        if (!own) {
            missing.add(op);
            continue;
        }
        seen.add(op);
        const y = own.value(x);
        if (ulps(y, real(value)) > 4) wrong.push(`${op}(${x}) is ${y}, the library has ${value}`);
        own.slopes(x, real(value)).forEach((s, i) => {
            if (ulps(s, real(slopes[i])) > 4) wrong.push(`slope ${i} of ${op}(${x}) is ${s}, the library has ${slopes[i]}`);
        });
    }
    assert.deepEqual([...missing], []);
    assert.deepEqual(wrong, []);
    assert.ok(seen.size >= 40, `only ${seen.size} operations were compared`);
});

test("operations keep their digits where numbers cancel", () => {
    const value = (op: string, ...x: number[]) => operationOf(op, x.length)!.value(x);
    // To the last digits by arithmetic of 50 digits
    for (const [got, true_] of [
        [value("erf", 0.5), 0.52049987781304654],
        [value("erfc", 2), 0.0046777349810472658],
        [value("lgamma", 1.001), -0.00057639359828330615],
        [value("lgamma", 10.5), 13.940625219403764],
        [value("digamma", 1.5), 0.036489973978576521],
        [value("gelu", -3), -0.0040496940948902836],
        [value("sinc", 1e-3), 0.99999835506674489],
        [value("erfinv", 0.5), 0.47693627620446987],
    ])
        assert.ok(ulps(got, true_) <= 4, `${got} is not ${true_}`);
    assert.equal(value("fma", 1 + 2 ** -52, 1 - 2 ** -52, -1), -(2 ** -104)); // rounded once
    assert.equal(value("clamp", 0, 1, -1), -1); // the upper bound wins
    assert.equal(value("remainder", -7, 3), 2);
    assert.equal(value("fmod", -7, 3), -1);
});

test("editing a leaf gives the numbers of a fresh run", () => {
    const trace = traceOf("explore_two_layers");
    assert.equal(firstUnknown(trace), -1);
    const again = edited(trace, noEdits());
    again.nodes.forEach((n, i) => {
        assert.ok(Math.abs(n.value - trace.nodes[i].value) <= 1e-15);
        if (n.gradient !== null) assert.ok(Math.abs(n.gradient - trace.nodes[i].gradient!) <= 1e-15);
    });
    // x1 = 2: by hand, from S6 to S9
    const moved = edited(trace, { ...noEdits(), values: new Map([[findNode(trace, "x1"), 2]]) });
    const f = (z: number) => 1 / (1 + Math.exp(-z));
    const [z1, z2] = [0.1 * 2 - 0.2 + 0.05, -0.3 * 2 - 0.4 - 0.05];
    const y = 0.7 * f(z1) - 0.6 * f(z2) + 0.1;
    assert.ok(Math.abs(nodeOf(moved, "L").value - (y - 0.8) ** 2 / 2) <= 1e-12);
    const expected = (y - 0.8) * 0.7 * f(z1) * (1 - f(z1)) * 2;
    assert.ok(Math.abs(nodeOf(moved, "w11").gradient! - expected) <= 1e-12);
    assert.equal(nodeOf(trace, "x1").value, 0.5);
});

test("a wrong local derivative turns exactly its row red", () => {
    const trace = copyOf(traceOf("explore_two_layers"));
    const planted = nodeOf(trace, "a1").inputs[0];
    const live = trace.edges.map((_, i) => i).filter((i) => trace.nodes[trace.edges[i].from].op !== "constant");
    const untouched = new Checker(trace, -1);
    assert.ok(live.every((e) => untouched.local(e)?.pass !== false));
    trace.edges[planted].local *= 1.01;
    replay(trace);
    const checker = new Checker(trace, -1);
    for (const e of live) assert.equal(checker.local(e)!.pass, e !== planted);
    assert.equal(checker.row(findNode(trace, "z1")).pass, false);
    assert.equal(checker.row(findNode(trace, "a1")).pass, true);
    assert.equal(checker.row(findNode(trace, "w22")).pass, true);
});

// L = op(x) + x, with x where the usual step of a difference is too long
const beside = (op: string, x: number, value: number, local: number): Trace => {
    const number = (v: number) => (Number.isFinite(v) ? v : String(v).toLowerCase().replace("inity", ""));
    const nodes = ["leaf", op, "add"].map((name, id) => ({ id, op: name, value: number([x, value, value + x][id]), gradient: null, shape: [], label: ["x", "y", "L"][id] }));
    const edge = (id: number, from: number, to: number, slot: number, slope: number) => ({ id, from, to, slot, local: number(slope), symbol: "", contribution: null });
    return readTrace(JSON.stringify({ format: "xgrad-trace", version: 1, generator: "test", nodes, edges: [edge(0, 0, 1, 0, local), edge(1, 1, 2, 0, 1), edge(2, 0, 2, 1, 1)], forward: [0, 1, 2], root: 2, seed: 1, operations: {}, sources: {} }));
};

test("a right derivative does not fail beside 0, at a kink, or where a domain ends, and a wrong one there does", () => {
    for (const [op, x, value, local] of [["log", 0.01, Math.log(0.01), 100], ["log", 5e-4, Math.log(5e-4), 2000], ["relu", 0, 0, 0], ["relu", 5e-4, 5e-4, 1], ["abs", 0, 0, 0], ["sqrt", 0, 0, Infinity], ["log", -1, NaN, -1]] as const) {
        const checker = new Checker(beside(op, x, value, local), -1);
        for (const node of [0, 1, 2]) assert.ok(checker.row(node).pass, `${op}(${x}): row ${node} is ${JSON.stringify(checker.row(node))}`);
        for (const edge of [0, 1, 2]) assert.ok(checker.local(edge)!.pass, `${op}(${x}): edge ${edge}`);
        if (!Number.isFinite(local)) continue;
        const wrong = new Checker(beside(op, x, value, local * 1.01 + 1e-3), -1);
        assert.equal(wrong.row(0).pass, false, `${op}(${x}) with a wrong slope`);
        assert.ok(wrong.row(1).pass);
        assert.deepEqual([0, 1, 2].map((edge) => wrong.local(edge)!.pass), [false, true, true]);
    }
});

test("an operation that the page cannot compute stops editing and nothing else", () => {
    const trace = traceOf("explore_neuron");
    const node = trace.nodes.findIndex((n) => n.op === "sigmoid");
    trace.nodes[node].op = "mine";
    trace.operations.set("mine", { formula: "", derivative: "", known: false });
    const session = new Session(trace);
    assert.deepEqual(session.obstacle, { why: "operation", node });
    assert.equal(session.setLeaf(findNode(trace, "x"), 3), false);
    session.go(session.size);
    assert.ok(Math.abs(session.gradient(findNode(trace, "w"))! - 0.20507442972564777) <= 1e-12);
    assert.equal(session.checker.row(findNode(trace, "w"))!.numeric, null);
});
