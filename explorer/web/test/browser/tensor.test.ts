import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../src/state/session";
import { findNode, nameOf } from "../../src/trace/trace";
import { traceOf, traceText, nodeOf } from "../support";
import { full, near, onPage, picture } from "./support";

const goTo = async (page: import("playwright-core").Page, name: string) => {
    await page.getByTestId("go").fill(name);
    await page.getByTestId("go").press("Enter");
};

test("a walk through tensors shows rules, shapes and whole tensors", () =>
    onPage("two_linear_layers", async (page) => {
        assert.equal(await page.getByTestId("grad-out.weight").textContent(), "not yet");
        for (let i = 0; i < 15; ++i) await page.keyboard.press("ArrowRight");
        assert.match((await page.getByTestId("card").textContent())!, /upstreamᵀ · #8/);
        await picture(page, "tensors");
        await page.keyboard.press("End");
        const trace = traceOf("two_linear_layers");
        const gradient = JSON.parse((await page.getByTestId("grad-out.weight").getAttribute("data-value"))!);
        const last = trace.events.filter((e) => e.node === trace.nodes.indexOf(nodeOf(trace, "out.weight"))).pop()!;
        assert.deepEqual(gradient, trace.tensors[last.tensors!.after].values);
        await page.keyboard.press("Home");
        assert.equal(await page.getByTestId("grad-out.weight").textContent(), "not yet");
    }));

test("an element of a tensor opens as the products that make it", () =>
    onPage("convolution", async (page) => {
        await goTo(page, "z");
        assert.ok(await page.getByTestId("heat").isVisible());
        await page.locator(".cell").nth(5).press("Enter");
        assert.equal(await page.getByTestId("term-row").count(), 9);
        const terms = await page.locator("[data-testid=term-row] td:nth-child(2)").evaluateAll((c) => c.map((x) => Number(x.getAttribute("data-value"))));
        const z = JSON.parse((await page.getByTestId("value-z").getAttribute("data-value"))!);
        near(terms.reduce((a, b) => a + b, 0), z[5], 1e-5); // of float32
        const open = async () => Number(await page.locator(".cell.open").getAttribute("data-at"));
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("Enter");
        assert.equal(await open(), 6);
        await page.locator(".cell").nth(2).hover();
        near(Number((await page.locator(".cell title").textContent())!.split(" = ")[1]), z[2], 1e-6);
        await page.locator(".cell").nth(5).click();
        assert.equal(await open(), 5);
        await page.getByTestId("tensor").scrollIntoViewIfNeeded();
        await picture(page, "tensor-element");
    }));

test("an element of a tensor is edited, and everything follows", () =>
    onPage("two_linear_layers", async (page) => {
        await goTo(page, "out.weight");
        const before = await full(page.getByTestId("value-L"));
        await page.locator(".cell").nth(7).press("Enter");
        await page.getByTestId("edit").fill("1.25");
        await page.getByTestId("edit").press("Enter");
        const session = new Session(traceOf("two_linear_layers"));
        session.setElement(findNode(session.trace, "out.weight"), 7, 1.25);
        const after = await full(page.getByTestId("value-L"));
        assert.notEqual(after, before);
        near(after, session.numbers(session.trace.root)[0]);
        await page.getByTestId("slider").fill("0.5");
        assert.notEqual(await full(page.getByTestId("value-L")), after);
        await page.getByTestId("to-end").click();
        await picture(page, "tensor-edited");
        await page.getByTestId("reset").click();
        near(await full(page.getByTestId("value-L")), before);
    }));

test("checks, mistakes and paths work on tensors", () =>
    onPage("two_linear_layers", async (page) => {
        assert.match((await page.getByTestId("table").textContent())!, /All \d+ checks pass/);
        await page.getByTestId("to-end").click();
        await goTo(page, "hidden.weight");
        const numbers = async (of: string): Promise<number[]> => JSON.parse((await page.locator(of).first().getAttribute("data-value"))!);
        const right = await numbers('[data-testid="grad-hidden.weight"]');
        const path = await numbers("[data-testid=path-row] .number");
        path.forEach((x, i) => near(x, right[i], 1e-7));
        await picture(page, "tensor-paths");
        await page.getByTestId("tab-mistakes").click();
        await page.getByTestId("mistake-keep").check();
        const twice = await numbers('[data-testid="grad-hidden.weight"]');
        twice.forEach((x, i) => near(x, 2 * right[i], 1e-7));
        assert.match((await page.getByTestId("table").textContent())!, /✗ fail/);
        await picture(page, "tensor-mistake");
        await page.getByTestId("mistake-keep").uncheck();
        assert.match((await page.getByTestId("table").textContent())!, /All \d+ checks pass/);
    }));

test("a wrong contribution of a tensor is named", () => {
    const file = JSON.parse(traceText("two_linear_layers"));
    const wrong = file.backward.find((e: { kind: string; node: number }) => e.kind === "contribution" && file.nodes[e.node].label === "out.weight");
    file.tensors[wrong.product.tensor].values[3] = 0.5;
    return onPage(JSON.stringify(file), async (page) => {
        assert.equal(await page.getByTestId("wrong-local").count(), 1);
        assert.match((await page.getByTestId("wrong-local").textContent())!, /∂logits\/∂out\.weight brought in the trace has 0\.5 where/);
        await page.getByTestId("to-end").click();
        await goTo(page, "out.weight");
        assert.equal(await page.locator(".ledger tr.wrong").count(), 1);
        await goTo(page, "out.bias");
        assert.equal(await page.locator(".ledger tr.wrong").count(), 0);
    });
});

test("an optimizer makes a step on tensors", () =>
    onPage("two_linear_layers", async (page) => {
        await page.getByTestId("phase-6").click();
        await page.getByTestId("lr").fill("2");
        const before = await full(page.getByTestId("value-L"));
        const next = JSON.parse((await page.getByTestId("next-out.bias").getAttribute("data-value"))!) as number[];
        await page.getByTestId("apply").click();
        const now = JSON.parse((await page.getByTestId("value-out.bias").getAttribute("data-value"))!) as number[];
        now.forEach((x, i) => near(x, Math.fround(next[i])));
        assert.ok((await full(page.getByTestId("value-L"))) < before);
        await picture(page, "tensor-optimizer");
    }));

test("what the page cannot compute cannot be edited, and it says why", () =>
    onPage(traceText("two_linear_layers").replaceAll('"softmax"', '"my_softmax"'), async (page) => {
        await goTo(page, "hidden.weight");
        assert.match((await page.getByTestId("cannot-edit").textContent())!, /does not know the operation “my_softmax” of p/);
        await page.locator(".cell").first().press("Enter");
        assert.equal(await page.getByTestId("edit").count(), 0);
        await page.getByTestId("tab-mistakes").click();
        assert.ok(await page.getByTestId("mistake-keep").isDisabled());
    }));

test("a graph that was cut says so", () => {
    const file = JSON.parse(traceText("explore_neuron"));
    file.version = 2;
    file.omitted = { nodes: 4000, reason: "The graph has 4011 nodes." };
    return onPage(JSON.stringify(file), async (page) => {
        assert.match((await page.getByTestId("banner").textContent())!, /too large for a page: 4000 nodes/);
    });
});

test("a slider over a recorded training shows the bits of every step", () =>
    onPage("training", async (page) => {
        const runs = traceOf("training").runs;
        assert.equal(await page.getByTestId("training-step").inputValue(), "0"); // the step that the graph shows
        assert.equal(await full(page.getByTestId("film-loss")), runs[0].loss[0]);
        for (const run of [0, 1]) {
            await page.getByTestId("run").selectOption(String(run));
            for (const step of [0, 5, 11]) {
                await page.getByTestId("training-step").fill(String(step));
                const { parameters, nodes, loss } = runs[run];
                for (const p of parameters) {
                    assert.equal(await full(page.getByTestId(`film-value-${p.name}`)), p.series[0][step]);
                    assert.equal(await full(page.getByTestId(`value-${p.name}`)), p.series[0][step]);
                    assert.equal(await full(page.getByTestId(`film-next-${p.name}`)), p.series[0][step + 1]);
                }
                assert.equal(await full(page.getByTestId("value-L")), loss[step]);
                await page.getByTestId("to-end").click();
                for (const p of parameters) assert.equal(await full(page.getByTestId(`grad-${p.name}`)), nodes.find((n) => n.node === p.node)!.gradient[step]);
                assert.match((await page.getByTestId("table").textContent())!, /All \d+ checks pass/);
            }
        }
        await picture(page, "training");
    }));

test("a slider over a recorded training of tensors shows the graph of every step", () =>
    onPage("training_of_tensors", async (page) => {
        const trace = traceOf("training_of_tensors");
        const run = trace.runs[0];
        assert.deepEqual([...run.graphs.keys()], [0, 1, 2, 3]);
        for (const step of [3, 0, 2]) {
            await page.getByTestId("training-step").fill(String(step));
            assert.equal(await full(page.getByTestId("film-loss")), run.loss[step]);
            near(await full(page.getByTestId("value-L")), run.loss[step], 1e-7);
            await page.getByTestId("to-end").click();
            for (const p of run.parameters) {
                const shown = async (of: string): Promise<number[]> => JSON.parse((await page.locator(`[data-testid="${of}-${nameOf(trace, p.node)}"]`).getAttribute("data-value"))!);
                assert.deepEqual((await shown("value")).map(Math.fround), p.series.map((s) => s[step]));
                assert.deepEqual((await shown("grad")).map(Math.fround), p.gradients.map((s) => s[step]));
            }
            assert.match((await page.getByTestId("table").textContent())!, /All \d+ checks pass/);
        }
        await picture(page, "training-of-tensors");
    }));

test("a group is unfolded and folded by keyboard, which stays at it", () =>
    onPage("two_linear_layers", async (page) => {
        await page.getByTestId("fold-all").click();
        const folded = await page.locator(".box").count();
        await page.locator(".box.group").first().focus();
        const at = () => page.evaluate(() => `${document.activeElement?.getAttribute("class")} ${document.activeElement?.textContent}`);
        const group = await at();
        await page.keyboard.press("Enter");
        assert.ok((await page.locator(".box").count()) > folded);
        assert.match(await at(), /^fold /);
        await page.keyboard.press("Enter");
        assert.equal(await page.locator(".box").count(), folded);
        assert.equal(await at(), group);
    }));
