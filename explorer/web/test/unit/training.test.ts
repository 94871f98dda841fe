import assert from "node:assert/strict";
import { test } from "node:test";
import { elementOf } from "../../src/trace/elements";
import { findNode, nameOf } from "../../src/trace/trace";
import { decode } from "../../src/trace/training";
import { readTrace } from "../../src/trace/read";
import { traceOf, traceText } from "../support";

test("a series gives every bit of its numbers", () => {
    assert.deepEqual(decode("3ff0000000000000,,4000000000000"), [1, 1, 1.25]);
    assert.deepEqual(decode("3ff0000000000000,-,"), [1, NaN, 1]);
    assert.deepEqual(decode("3f800000,80000000", true), [1, -1]);
    assert.deepEqual(decode("7ff8000000000000,"), [NaN, NaN]);
    assert.throws(() => decode("xyz"), /no number/);
});

test("every element of a tensor is what its terms add up to", () => {
    for (const name of ["two_linear_layers", "convolution"]) {
        const trace = traceOf(name);
        let compared = 0;
        trace.nodes.forEach((n, i) => {
            if (n.tensor < 0 || n.inputs.length === 0) return;
            trace.tensors[n.tensor].values.forEach((_, at) => {
                const element = elementOf(trace, i, at, (k) => nameOf(trace, k));
                if (!element?.sum) return;
                const total = element.parts.reduce((sum, p) => sum + p.value, 0);
                const size = element.parts.reduce((sum, p) => sum + Math.abs(p.value), 0);
                assert.ok(Math.abs(total - element.value) <= 1e-5 * size, `${nameOf(trace, i)}[${at}] is ${element.value}, its terms give ${total}`);
                compared += 1;
            });
        });
        assert.ok(compared > 10);
    }
});

test("an elementwise operation reads what broadcasts to its element", () => {
    const trace = traceOf("two_linear_layers");
    const p = findNode(trace, "p");
    const less = trace.edges.find((e) => e.from === p)!.to; // p - 0.2
    const element = elementOf(trace, less, 4, (k) => nameOf(trace, k))!;
    assert.deepEqual(element.parts.map((part) => part.text), ["p[1, 1]", "0.2"]);
});

test("nodes of a recording share series with parameters and with each other, to the bit", () => {
    const file = JSON.parse(traceText("training"));
    const [whole, run] = [traceOf("training").runs[0], file.training.runs[0]];
    const places = run.nodes.filter((n: { value?: unknown; gradient?: unknown }) => typeof n.value !== "string" || typeof n.gradient !== "string");
    assert.ok(places.length > 4);
    for (const n of whole.nodes) assert.equal(n.value.length, whole.steps);
    const w = whole.parameters.find((p) => p.name === "w")!;
    const own = whole.nodes.find((n) => n.node === w.node)!;
    assert.deepEqual([own.value, own.gradient], [w.series[0].slice(0, whole.steps), w.gradients[0]]);
    const later = run.nodes.findIndex((n: { gradient?: unknown }) => typeof n.gradient === "number");
    run.nodes[later].gradient = 1000;
    assert.throws(() => readTrace(JSON.stringify(file)), /missing/);
});
