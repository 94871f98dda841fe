import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TensorChecker } from "../../src/evaluate/tensor_check";
import { TensorRun } from "../../src/evaluate/tensor_run";
import { Session } from "../../src/state/session";
import { fromHash, toHash } from "../../src/state/hash";
import { cppOf } from "../../src/export/cpp";
import { dotOf } from "../../src/export/dot";
import { jsonOf } from "../../src/export/json";
import { latexOf } from "../../src/export/latex";
import { elementOf } from "../../src/trace/elements";
import { readTrace } from "../../src/trace/read";
import { findNode, isConstant, isLeaf, ledgerOf, nameOf, pathsTo } from "../../src/trace/trace";
import type { Trace } from "../../src/trace/types";
import { tensorChainText, traceOf, web } from "../support";

// Written by tests/explorer/page_tensors_test.cpp, which compares them with the library again.
interface Run {
    name: string;
    trace: { nodes: { terms?: object }[] };
    at: number;
    to: number;
    loss: number;
    gradients: number[][];
}
const runs = JSON.parse(readFileSync(join(web, "test/tensor_runs.json"), "utf8")) as Run[];
const read = (run: Run): Trace => readTrace(JSON.stringify(run.trace));
const largest = (x: ArrayLike<number>): number => Array.from(x).reduce((top, v) => Math.max(top, Math.abs(v)), 0);
const digits = (run: Run): number => (run.name === "single precision" ? 2e-6 : 1e-12);

function near(a: ArrayLike<number>, b: ArrayLike<number>, within: number, what: string): void {
    assert.equal(a.length, b.length, what);
    const size = Math.max(1, largest(b));
    Array.from(a).forEach((x, i) => assert.ok(Math.abs(x - b[i]) <= within * size || Object.is(x, b[i]), `${what}[${i}] is ${x} and not ${b[i]}`));
}

for (const run of runs) {
    for (const terms of [true, false]) {
        test(`an edit gives the numbers of a fresh run: ${run.name}${terms ? "" : ", without terms"}`, () => {
            const trace = read(run);
            if (!terms) for (const n of trace.nodes) n.terms = null;
            const session = new Session(trace);
            const op = session.obstacle && trace.nodes[session.obstacle.node].op;
            if (!terms && ["cumsum", "masked_fill", "tril", "gather"].includes(op ?? "")) return; // of these nothing else is told
            assert.equal(session.obstacle, null, `${session.obstacle?.why}: ${op}`);
            assert.ok(session.setElement(findNode(trace, "p0"), run.at, run.to));
            near(session.numbers(trace.root), [run.loss], digits(run), "the loss");
            run.gradients.forEach((g, i) => {
                const node = findNode(session.trace, `p${i}`);
                if (node >= 0 && g.length > 0) near(session.total(node)!, g, digits(run), `the gradient of p${i}`);
            });
            // Nothing of the run itself was changed.
            session.reset();
            assert.deepEqual(session.trace.events, trace.events);
        });
    }

    test(`backward without edits is what was recorded: ${run.name}`, () => {
        const trace = read(run);
        const own = new TensorRun(trace);
        const edits = { values: new Map(), elements: new Map(), operations: new Map() };
        const again = own.edited(edits, own.numbers);
        const pass = own.backward(again, own.numbers, edits, { overwrite: false, keep: false });
        assert.deepEqual(pass.events.map((e) => [e.kind, e.node, e.edge]), trace.recorded!.map((e) => [e.kind, e.node, e.edge]));
        const values = (t: Trace, x: number, place: number) => (place >= 0 ? t.tensors[place].values : [x]);
        pass.events.forEach((e, i) => {
            const told = trace.recorded![i];
            near(values(again, e.after, e.tensors!.after), values(trace, told.after, told.tensors!.after), 4 * digits(run), `event ${i}`);
        });
    });

    test(`differences and forward mode agree with the gradients: ${run.name}`, () => {
        const session = new Session(read(run));
        session.trace.nodes.forEach((n, i) => {
            if (isConstant(n)) return;
            const row = session.checker.row(i)!;
            assert.ok(row.pass, `${nameOf(session.trace, i)} (${n.op}): difference ${row.numeric}, forward ${row.forward}, error ${row.error}`);
        });
    });

    test(`ways from the loss bring what the ledger adds up to: ${run.name}`, () => {
        const session = new Session(read(run));
        session.trace.nodes.forEach((n, i) => {
            if (!isLeaf(n)) return;
            const paths = pathsTo(session.trace, i, 4000);
            if (!paths.complete || !session.total(i)) return;
            let sum = new Float64Array(session.numbers(i).length);
            for (const p of paths.list) sum = sum.map((x, k) => x + (session.pathProduct(p.edges)?.[k] ?? 0));
            near(sum, session.total(i)!, 10 * digits(run), nameOf(session.trace, i));
        });
    });
}

test("a forgotten zero_grad doubles the gradients of tensors, and overwriting loses contributions", () => {
    const run = runs.find((r) => r.name === "LSTM")!;
    const session = new Session(read(run));
    const node = findNode(session.trace, "p1");
    const right = Array.from(session.total(node)!);
    session.setMistakes({ overwrite: false, keep: true });
    assert.ok(session.isWrong(node));
    near(session.total(node)!, right.map((x) => 2 * x), 1e-12, "twice");
    assert.ok(session.walk.tensors[node] >= 0); // it starts with what was left
    near(session.trace.tensors[session.walk.tensors[node]].values, right, 1e-12, "what was left");
    session.setMistakes({ overwrite: true, keep: false });
    const last = ledgerOf(session.trace, node).pop()!;
    near(session.total(node)!, session.trace.tensors[session.trace.events[last].tensors!.product].values, 0, "the last contribution");
    assert.ok(session.isWrong(node) && !session.isWrong(session.trace.root));
    assert.equal(session.checker.row(node)!.pass, false);
    session.setMistakes({ overwrite: false, keep: false });
    near(session.total(node)!, right, 0, "right again");
});

test("another function stands in for an activation of tensors", () => {
    const run = runs.find((r) => r.name === "mlp")!;
    const session = new Session(read(run));
    const node = session.trace.nodes.findIndex((n) => n.op === "relu");
    const z = session.numbers(session.trace.edges[session.trace.nodes[node].inputs[0]].from);
    assert.ok(session.tensors!.isElementwise(node));
    session.setOperation(node, "tanh");
    near(session.numbers(node), Array.from(z, Math.tanh), 1e-15, "tanh");
    session.trace.nodes.forEach((n, i) => !isConstant(n) && assert.ok(session.checker.row(i)!.pass, nameOf(session.trace, i)));
    const other = new Session(read(run));
    fromHash(other, `#${toHash(session)}`);
    assert.deepEqual(other.trace, session.trace);
});

test("a wrong contribution of a tensor turns exactly its row red", () => {
    const trace = traceOf("two_linear_layers");
    const planted = trace.recorded!.findIndex((e) => e.kind === "contribution" && trace.nodes[e.node].label === "out.weight");
    const edge = trace.recorded![planted].edge;
    trace.tensors[trace.recorded![planted].tensors!.product].values[3] *= 1.01;
    const session = new Session(trace);
    for (const e of trace.recorded!) if (e.kind === "contribution") assert.equal(session.checker.local(e.edge)!.pass, e.edge !== edge, String(e.edge));
});

test("a maximum over windows is chosen anew when its numbers change", () => {
    const trace = traceOf("convolution");
    const session = new Session(trace);
    assert.equal(session.obstacle, null);
    const kernel = findNode(trace, "kernel");
    session.setElement(kernel, 4, -session.numbers(kernel)[4] * 5);
    const [z, pooled] = ["z", "pooled"].map((l) => Array.from(session.numbers(findNode(session.trace, l))));
    for (let c = 0; c < 2; ++c)
        for (let i = 0; i < 4; ++i) {
            const at = c * 16 + Math.floor(i / 2) * 8 + (i % 2) * 2;
            assert.equal(pooled[c * 4 + i], Math.max(0, z[at], z[at + 1], z[at + 4], z[at + 5]));
        }
});

test("a gradient at a kink is none that fails, and a wrong one there does", () => {
    const run = runs.find((r) => r.name === "choices")!;
    const trace = read(run); // maximum(p0, p1) where both are equal
    const session = new Session(trace);
    const [p0, p1] = [findNode(trace, "p0"), findNode(trace, "p1")];
    session.setElement(p0, 0, session.numbers(p1)[0]);
    assert.equal(session.checker.row(p0)!.pass, true);
    session.setMistakes({ overwrite: true, keep: false });
    assert.equal(session.checker.row(p0)!.pass, false);
});

test("what the page cannot compute stops editing with the reason", () => {
    const text = JSON.stringify(runs[0].trace);
    const foreign = readTrace(text);
    const relu = foreign.nodes.find((n) => n.op === "relu")!;
    relu.op = "mine";
    assert.deepEqual(new Session(foreign).obstacle?.why, "operation");
    const other = readTrace(text); // a name of ours for another function
    other.nodes.find((n) => n.op === "relu")!.op = "tanh";
    assert.deepEqual(new Session(other).obstacle?.why, "operation");
    const sampled = readTrace(text);
    sampled.tensors[sampled.nodes.find((n) => n.label === "p0")!.tensor].every = 2;
    const session = new Session(sampled);
    assert.deepEqual(session.obstacle?.why, "sample");
    assert.equal(session.setElement(findNode(sampled, "p0"), 0, 1), false);
    assert.equal((session.checker as TensorChecker).row(0), null);
    fromHash(session, "#wrong=overwrite+keep&set=p0[0,0]=3&event=5&h=0.1");
    assert.deepEqual([session.mistakes, session.edits.elements.size, session.position], [{ overwrite: false, keep: false }, 0, 5]);
});

test("the address keeps edits of elements", () => {
    const session = new Session(read(runs[0]));
    session.setElement(findNode(session.trace, "p0"), 4, 2.5);
    session.go(7);
    assert.match(decodeURIComponent(toHash(session)), /set=p0\[1,1\]=2\.5/);
    const other = new Session(read(runs[0]));
    fromHash(other, `#${toHash(session)}`);
    assert.deepEqual(other.edits, session.edits);
    assert.deepEqual(other.trace, session.trace);
    fromHash(other, "#op=h=tanh&op=L=tanh"); // h is an activation, L none
    assert.deepEqual([...other.edits.operations.keys()], [findNode(other.trace, "h")]);
    fromHash(other, "#set=p0[9,9]=1&set=p0=1&set=nobody[1]=2");
    assert.equal(other.edits.elements.size, 0);
});

test("elements that are lists of scalar operations are computed and opened", () => {
    const file = JSON.parse(JSON.stringify(runs.find((r) => r.name === "mlp")!.trace));
    const loss = file.nodes.find((n: { op: string }) => n.op === "cross_entropy");
    const classes = 3;
    // log(sum of e^x) - x[target], and a name that only these lists can explain
    const targets = [0, 2, 1, 1, 0];
    loss.op = "my_loss";
    loss.terms = {
        form: "operations",
        of: targets.map((target, row) => [
            { op: "logsumexp", in: [0, 1, 2].map((k) => [0, row * classes + k]), label: "norm" },
            { op: "sub", in: [0, [0, row * classes + target]] },
        ]),
    };
    file.operations.my_loss = { formula: "", derivative: "", known: false };
    const trace = readTrace(JSON.stringify(file));
    const [session, plain] = [new Session(trace), new Session(read(runs.find((r) => r.name === "mlp")!))];
    assert.equal(session.obstacle, null);
    for (const s of [session, plain]) s.setElement(findNode(s.trace, "p0"), 4, 2.5);
    for (const name of ["p0", "p1", "p2", "p3", "p4"]) near(session.total(findNode(trace, name))!, plain.total(findNode(plain.trace, name))!, 1e-14, name);
    session.trace.nodes.forEach((n, i) => !isConstant(n) && assert.ok(session.checker.row(i)!.pass));
    const node = session.trace.nodes.findIndex((n) => n.op === "my_loss");
    const element = elementOf(session.trace, node, 1, (i) => nameOf(session.trace, i))!;
    assert.match(element.parts[0].text, /^norm = logsumexp\(.*\[1, 0\], .*\[1, 1\], .*\[1, 2\]\)$/);
    assert.match(element.parts[1].text, /^norm − .*\[1, 2\]$/);
    assert.equal(element.parts[1].value, session.numbers(node)[1]);
    file.nodes.find((n: { op: string }) => n.op === "my_loss").terms.of[0][0].in[0] = 5; // no earlier one
    assert.throws(() => readTrace(JSON.stringify(file)), /reads what is not there/);
});

test("the C++ of a run of tensors has the axes and options that give its numbers", () => {
    const copies = new Map(runs.map((run) => [run.name, cppOf(read(run))]));
    for (const [name, text] of copies) assert.equal(text.includes("options of your program"), /in one operation|causal/.test(name), name);
    for (const [name, line] of [
        ["strided convolution", "conv2d(p1, p0, {}, {.stride = 2, .padding = 1, .dilation = 1, .groups = 2});"],
        ["mlp", "cross_entropy(n9, n0, {.reduction = Reduction::none});"],
        ["large", "permute(p0, {1, 0});"],
        ["large", "max(n8, {1});"],
        ["reductions", "sum(p0, {1}, {.keepdims = true});"],
        ["normalization", "layer_norm(n4, {6}, n5, n6, {.eps = 0.00001});"],
        ["both kinds", "Value n3 = p0.value_at({1, 0});"],
        ["both kinds", "stack(std::vector<Value>{n4, n5, n3}, {3});"],
    ]) assert.ok(copies.get(name)!.includes(line), `${name}: ${line}`);
});

test("a run of tensors with edits is written as a trace, and as other forms", () => {
    const run = runs.find((r) => r.name === "both kinds")!;
    for (const name of ["mlp", "both kinds", "convolution"]) {
        const session = new Session(read(runs.find((r) => r.name === name)!));
        session.setElement(findNode(session.trace, "p0"), run.at, run.to);
        const again = new Session(readTrace(jsonOf(session.trace)));
        assert.equal(again.obstacle, null, name);
        session.trace.nodes.forEach((_, i) => {
            near(again.numbers(i), session.numbers(i), 0, nameOf(session.trace, i));
            if (session.total(i)) near(again.total(i)!, session.total(i)!, 0, nameOf(session.trace, i));
        });
        assert.deepEqual(again.trace.events.map((e) => [e.kind, e.node, e.edge]), session.trace.events.map((e) => [e.kind, e.node, e.edge]));
    }
    const trace = traceOf("two_linear_layers");
    for (const text of [dotOf(trace), latexOf(trace), cppOf(trace)]) assert.doesNotMatch(text, /nan/);
    assert.match(dotOf(trace), /value \(4, 3\) \\\|1\.008\\\|/);
    assert.match(latexOf(trace), /out\.weight\}\} &= \\text\{upstreamᵀ · \\#8\}/);
    assert.match(cppOf(trace), /Tensor out_bias = from_vector\(std::vector<float>\{[^}]*f\}, \{3\}\)\.requires_grad\(true\);/);
    assert.match(cppOf(trace), /Tensor n7 = linear\(x, hidden_weight, hidden_bias\);\n/);
});

test("a check of a tensor moves few elements before very many numbers, and computes nothing before the node", () => {
    const trace = readTrace(tensorChainText(3000));
    const session = new Session(trace);
    const run = session.tensors!;
    assert.equal(session.obstacle, null);
    let [pushes, computed] = [0, 0];
    const push = run.push.bind(run);
    run.push = (...of) => (++pushes, push(...of));
    const counted = run as unknown as { ruleOf: (node: number, edits: unknown) => unknown };
    const ruleOf = counted.ruleOf.bind(run);
    counted.ruleOf = (node, edits) => (++computed, ruleOf(node, edits));
    const costs = (node: number) => {
        [pushes, computed] = [0, 0];
        const row = session.checker.row(node)!;
        assert.ok(row.pass, `node ${node}: ${row.error}`);
        return [pushes, computed];
    };
    const [elements, work] = costs(0);
    assert.equal(elements, 2);
    assert.ok(work < 15 * 3001, `${work} operations`);
    const [late, little] = costs(2995);
    assert.equal(late, 5);
    assert.ok(little < 6 * 8 * 6, `${little} operations`);
});
