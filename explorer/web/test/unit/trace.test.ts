import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonOf } from "../../src/export/json";
import { Session } from "../../src/state/session";
import { readTrace, Refusal } from "../../src/trace/read";
import { findNode, ledgerOf, pathsTo } from "../../src/trace/trace";
import { courses, nodeOf, random, traceOf, traceText } from "../support";

const near = (a: number | null, b: number, within = 1e-12) => assert.ok(Math.abs(a! - b) <= within, `${a} is not ${b}`);

test("the two-layer program has the numbers of the course", () => {
    const trace = traceOf("explore_two_layers");
    near(nodeOf(trace, "y").value, 0.21990835250021923);
    near(nodeOf(trace, "L").value, 0.16825315974950497);
    const expected = { w11: -0.050631335300863195, w12: 0.10126267060172639, w21: 0.0398147480905465, w22: -0.079629496181093, b1: -0.10126267060172639, b2: 0.079629496181093, v1: -0.2755556057320262, v2: -0.20555181710263615, c: -0.5800916474997808 };
    for (const [label, gradient] of Object.entries(expected)) near(nodeOf(trace, label).gradient, gradient);
});

test("every event is upstream times local, added once", () => {
    for (const name of courses) {
        for (const e of traceOf(name).events) {
            if (e.kind !== "contribution") continue;
            assert.equal(e.product, e.upstream * e.local);
            assert.equal(e.after, (e.before ?? 0) + e.product);
        }
    }
});

test("ledger rows and path products sum to the gradient", () => {
    for (const name of courses) {
        const trace = traceOf(name);
        trace.nodes.forEach((n, i) => {
            if (n.op === "constant") return;
            const rows = ledgerOf(trace, i).reduce((sum, row) => sum + trace.events[row].product, 0);
            assert.equal(rows, n.gradient);
            near(pathsTo(trace, i).list.reduce((sum, p) => sum + p.product, 0), n.gradient!);
        });
    }
});

test("a shared node is reached by two paths", () => {
    const trace = traceOf("explore_shared");
    assert.equal(pathsTo(trace, findNode(trace, "a")).list.length, 2);
    assert.equal(nodeOf(trace, "a").gradient, -3);
    assert.equal(nodeOf(trace, "b").gradient, -8);
});

test("a thousand random moves end in the state that a fresh page has at that event", () => {
    for (const name of courses) {
        const session = new Session(traceOf(name));
        const next = random(7);
        for (let move = 0; move < 1000; ++move) {
            const moves = [() => session.next(), () => session.prev(), () => session.nextNode(), () => session.prevNode(), () => session.nextPhase(), () => session.prevPhase(), () => session.go(Math.floor(next() * (session.size + 1)))];
            moves[Math.floor(next() * moves.length)]();
            const fresh = new Session(traceOf(name));
            fresh.go(session.position);
            assert.deepEqual(session.walk.gradients, fresh.walk.gradients);
        }
    }
});

test("back after a step restores the exact state", () => {
    const session = new Session(traceOf("explore_two_layers"));
    for (let i = 0; i < session.size; ++i) {
        const before = [...session.walk.gradients];
        session.next();
        session.prev();
        assert.deepEqual(session.walk.gradients, before);
        session.next();
    }
    assert.equal(session.next(), false);
});

test("a trace that is written again reads the same", () => {
    const trace = traceOf("explore_two_layers");
    assert.deepEqual(readTrace(jsonOf(trace)), trace);
});

function refusal(text: string): string {
    try {
        readTrace(text);
    } catch (error) {
        if (error instanceof Refusal) return error.message;
        throw error;
    }
    return "";
}
type File = { version: number; nodes: any[]; edges: any[]; backward: any[]; forward: number[]; operations: any };
function damaged(change: (file: File) => void): string {
    const file = JSON.parse(traceText("explore_shared")) as File;
    change(file);
    return refusal(JSON.stringify(file));
}

test("a damaged trace is refused with the reason", () => {
    const text = traceText("explore_shared");
    assert.match(refusal(""), /it is empty/);
    assert.match(refusal(text.slice(0, text.length / 2)), /ends too early/);
    assert.match(refusal("{}"), /no trace/);
    assert.match(damaged((f) => (f.version = 99)), /version 99, and this page reads version/);
    assert.match(damaged((f) => (f.edges[0].from = 77)), /names node 77, which is missing/);
    assert.match(damaged((f) => ([f.edges[0].from, f.edges[0].to] = [f.edges[0].to, f.edges[0].from])), /a cycle/);
    assert.match(damaged((f) => f.edges.pop()), /input|events/);
    assert.match(damaged((f) => ((f.nodes[4].op = "frobnicate"), (f.operations = {}))), /nobody knows the operation/);
    assert.match(damaged((f) => (f.backward[2].after = 5)), /event 2 is not what its edges make/);
    assert.match(damaged((f) => f.forward.pop()), /forward/);
    assert.match(damaged((f) => (f.nodes[0].value = "x")), /no number/);
    assert.equal(damaged(() => {}), "");
});
