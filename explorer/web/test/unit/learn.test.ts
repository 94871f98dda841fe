import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cppOf } from "../../src/export/cpp";
import { dotOf } from "../../src/export/dot";
import { latexOf } from "../../src/export/latex";
import { Folding, Groups } from "../../src/layout/groups";
import { noMemory, stepOf } from "../../src/state/optimizer";
import { judge } from "../../src/state/quiz";
import { fromHash, toHash } from "../../src/state/hash";
import { Session } from "../../src/state/session";
import { en } from "../../src/text/en";
import { refusalsZh } from "../../src/text/refusals_zh";
import { zh } from "../../src/text/zh";
import { readTrace } from "../../src/trace/read";
import { findNode } from "../../src/trace/trace";
import { chainText, traceOf, web } from "../support";

test("overwriting where adding belongs loses the first of two contributions", () => {
    const session = new Session(traceOf("explore_shared"));
    session.setMistakes({ overwrite: true, keep: false });
    session.go(session.size);
    const a = findNode(session.trace, "a");
    const rows = session.trace.events.filter((e) => e.node === a && e.kind === "contribution");
    assert.equal(session.gradient(a), rows[1].product);
    assert.equal(session.right[a], -3);
    session.setMistakes({ overwrite: false, keep: false });
    assert.equal(session.gradient(a), -3);
});

test("a forgotten zero_grad doubles the gradients of leaves", () => {
    const session = new Session(traceOf("explore_two_layers"));
    const w = findNode(session.trace, "w11");
    const right = session.trace.nodes[w].gradient!;
    session.setMistakes({ overwrite: false, keep: true });
    assert.equal(session.gradient(w), right);
    session.go(session.size);
    assert.equal(session.gradient(w), 2 * right);
    assert.equal(session.gradient(session.trace.root), 1);
});

test("a wrong answer gets the factor that it lacks", () => {
    const session = new Session(traceOf("explore_two_layers"));
    const { trace } = session;
    const w = findNode(trace, "w11");
    const event = trace.events.find((e) => e.node === w && e.kind === "contribution")!;
    const [y, t, v1, x1] = ["y", "t", "v1", "x1"].map((l) => trace.nodes[findNode(trace, l)].value);
    const slope = event.product / ((y - t) * v1 * x1);
    assert.deepEqual(judge(trace, event, event.product), { kind: "right" });
    assert.deepEqual(judge(trace, event, -event.product), { kind: "sign" });
    assert.deepEqual(judge(trace, event, (y - t) * x1 * slope), { kind: "missing", factor: "v1" });
    assert.deepEqual(judge(trace, event, (y - t) * v1 * x1), { kind: "missing", factor: "sigmoid'(z1)" });
    assert.deepEqual(judge(trace, event, event.upstream), { kind: "upstream", factor: "x1" });
    assert.deepEqual(judge(trace, event, 12345), { kind: "wrong" });
});

test("optimizers make the steps of the library", () => {
    assert.ok(Math.abs(stepOf("sgd", 0.5, 0.8, 0.20507442972564777).x - 0.6974627851371762) <= 1e-15); // G1
    const first = stepOf("adam", 0.1, 1, 3, noMemory);
    assert.ok(Math.abs(first.x - 0.9) <= 1e-8); // its first step has the size of the rate
    const one = stepOf("momentum", 0.1, 1, 2, noMemory);
    const two = stepOf("momentum", 0.1, one.x, 2, one.memory);
    assert.ok(Math.abs(two.x - (1 - 0.1 * 2 - 0.1 * 3.8)) <= 1e-15);
});

test("the address brings the state back", () => {
    const session = new Session(traceOf("explore_two_layers"));
    session.setLeaf(findNode(session.trace, "x1"), -1.25);
    session.setOperation(findNode(session.trace, "a1"), "tanh");
    session.setMistakes({ overwrite: true, keep: false });
    session.go(17);
    session.select(findNode(session.trace, "w22"));
    const other = new Session(traceOf("explore_two_layers"));
    fromHash(other, `#${toHash(session)}`);
    assert.deepEqual(other.trace, session.trace);
    assert.deepEqual(other.walk.gradients, session.walk.gradients);
    assert.deepEqual([other.position, other.selected, other.mistakes], [17, session.selected, session.mistakes]);
    Object.assign(session.choices, { tool: "optimizer", rule: "adam", lr: "0.05", speed: "5" });
    session.train(findNode(session.trace, "x1"), true);
    fromHash(other, `#${toHash(session)}`);
    assert.deepEqual([other.choices, [...other.trained]], [session.choices, [...session.trained]]);
    fromHash(other, "#op=y=tanh"); // a sum has two inputs
    assert.equal(other.edits.operations.size, 0);
    fromHash(other, "#event=zzz&set=nobody=3&op=x1=frob&phase=99&node=%F0%9F%90%B1");
    assert.equal(other.position, 0);
});

test("both languages have the same words with the same places", () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([p]) => p).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
        assert.deepEqual(places(zh[key]), places(en[key]), key);
        assert.ok(zh[key].length > 0);
    }
    assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
});

test("every reason of a refusal is there in Chinese", () => {
    const found = new Set<string>();
    for (const file of ["read", "read_tensors", "training", "json"]) {
        const source = readFileSync(join(web, `src/trace/${file}.ts`), "utf8");
        for (const [, text] of source.matchAll(/\b(?:refuse|say)`((?:[^`$]|\$\{(?:[^{}]|\{[^{}]*\})*\})*)`/g)) {
            let count = 0;
            found.add(text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, () => `{${count++}}`));
        }
    }
    assert.ok(found.size > 50);
    assert.deepEqual([...found].sort(), Object.keys(refusalsZh).sort());
    const places = (text: string) => [...text.matchAll(/\{\d\}/g)].map(([p]) => p).sort();
    for (const [pattern, text] of Object.entries(refusalsZh)) assert.deepEqual(places(text), places(pattern), pattern);
});

test("a large graph folds by itself, and every node is somewhere", () => {
    for (const module of [0, 40]) {
        const trace = readTrace(chainText(5000, module));
        const folding = new Folding(new Groups(trace));
        assert.ok(folding.count() <= folding.limit, `${folding.count()} boxes`);
        const total = folding.groups.get(-1).count + folding.groups.get(-1).nodes.length;
        assert.equal(total, 5000);
        const box = folding.boxOf(4321);
        assert.ok("group" in box);
        for (let i = 0; i < 4 && "group" in folding.boxOf(4321); ++i) folding.unfold((folding.boxOf(4321) as { group: number }).group);
        assert.deepEqual(folding.boxOf(4321), { node: 4321 });
        assert.ok(folding.count() <= folding.limit);
    }
});

test("copies for LaTeX, C++ and Graphviz hold the program", () => {
    const trace = traceOf("explore_neuron");
    assert.match(latexOf(trace), /\\frac\{\\partial L\}\{\\partial w\} &= .* = 0\.136716 \\cdot 1\.5 = 0\.205074/);
    assert.match(cppOf(trace), /Value x = 1\.5;[^]*Value z = w \* x;[^]*Value y = sigmoid\(z\);/);
    assert.match(dotOf(trace), /w \| value 0\.8 \| grad 0\.205074/);
});
