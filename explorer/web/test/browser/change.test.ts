import assert from "node:assert/strict";
import { test } from "node:test";
import { chainText, traceText } from "../support";
import { full, near, onPage, picture } from "./support";

const goTo = async (page: import("playwright-core").Page, name: string) => {
    await page.getByTestId("go").fill(name);
    await page.getByTestId("go").press("Enter");
};

test("another value of a leaf computes everything anew, and back", () =>
    onPage("explore_two_layers", async (page) => {
        await goTo(page, "x1");
        await page.getByTestId("edit").fill("2");
        await page.getByTestId("edit").press("Enter");
        const f = (z: number) => 1 / (1 + Math.exp(-z));
        const y = 0.7 * f(0.05) - 0.6 * f(-1.05) + 0.1;
        near(await full(page.getByTestId("value-L")), (y - 0.8) ** 2 / 2);
        await page.getByTestId("to-end").click();
        near(await full(page.getByTestId("grad-v1")), (y - 0.8) * f(0.05));
        assert.match((await page.getByTestId("table").textContent())!, /All \d+ checks pass/);
        await goTo(page, "x1");
        await page.getByTestId("edit").fill("two");
        await page.getByTestId("edit").press("Enter");
        assert.equal(await page.getByTestId("edit").getAttribute("aria-invalid"), "true");
        await page.getByTestId("reset").click();
        near(await full(page.getByTestId("value-L")), 0.16825315974950497);
    }));

test("a slider moves a leaf", () =>
    onPage("explore_neuron", async (page) => {
        await goTo(page, "w");
        await page.getByTestId("slider").focus();
        const before = await full(page.getByTestId("value-L"));
        await page.getByTestId("slider").fill("1.4");
        near(await full(page.getByTestId("value-w")), 1.4);
        assert.notEqual(await full(page.getByTestId("value-L")), before);
    }));

test("mistakes are shown on purpose and named", () =>
    onPage("explore_shared", async (page) => {
        await page.getByTestId("to-end").click();
        assert.equal(await full(page.getByTestId("grad-a")), -3);
        await page.getByTestId("tab-mistakes").click();
        await page.getByTestId("mistake-overwrite").check();
        assert.notEqual(await full(page.getByTestId("grad-a")), -3);
        assert.ok(await page.getByTestId("banner").isVisible());
        assert.match((await page.getByTestId("table").textContent())!, /✗ fail/);
        await picture(page, "mistake-overwrite");
        await page.getByTestId("mistake-overwrite").uncheck();
        await page.getByTestId("mistake-keep").check();
        assert.equal(await full(page.getByTestId("grad-a")), -6);
        await page.getByTestId("mistake-keep").uncheck();
        assert.equal(await full(page.getByTestId("grad-a")), -3);
        assert.equal(await page.getByTestId("banner").isVisible(), false);
    }));

test("shared nodes have a badge, and paths sum to the gradient", () =>
    onPage("explore_shared", async (page) => {
        await goTo(page, "a");
        assert.match((await page.getByTestId("ledger").textContent())!, /2 paths/);
        assert.equal(await page.getByTestId("path-row").count(), 2);
        const products = await page.locator("[data-testid=path-row] .number").evaluateAll((c) => c.map((x) => Number(x.getAttribute("data-value"))));
        assert.equal(products[0] + products[1], -3);
        await page.locator("[data-testid=path-row] button").first().click();
        assert.ok((await page.locator(".arrow.lit").count()) >= 2);
    }));

test("where nothing goes on, the card says so", () => {
    const file = JSON.parse(traceText("explore_neuron"));
    const z = file.nodes.findIndex((n: { label?: string }) => n.label === "z");
    file.edges.find((e: { from: number }) => e.from === z).local = 0;
    delete file.backward;
    return onPage(JSON.stringify(file), async (page) => {
        const words = async () => (await page.locator(".words").textContent())!;
        let said = "";
        for (let i = 0; i < 12 && !said.includes("does not change with z"); ++i) {
            await page.getByTestId("step").click();
            said = await words();
        }
        assert.match(said, /y does not change with z here: nothing goes on/);
    });
});

test("the quiz names the missing factor", () =>
    onPage("explore_neuron", async (page) => {
        await page.getByTestId("tab-quiz").click();
        await page.keyboard.press("Escape");
        for (let i = 0; i < 7; ++i) await page.getByTestId("step").click();
        const question = page.locator(".question");
        assert.match((await question.textContent())!, /∂L\/∂/);
        await page.getByTestId("answer").fill("12345");
        await page.getByTestId("quiz-check").click();
        assert.match((await page.getByTestId("quiz-reply").textContent())!, /upstream gradient/);
        await page.getByTestId("quiz-reveal").click();
        assert.match((await page.getByTestId("quiz-reply").textContent())!, /×/);
        await picture(page, "quiz");
        await page.getByTestId("quiz-next").click();
    }));

test("another activation is another graph", () =>
    onPage("explore_neuron", async (page) => {
        await goTo(page, "y");
        await page.getByTestId("activation").selectOption("tanh");
        near(await full(page.getByTestId("value-y")), Math.tanh(1.2));
        assert.match((await page.getByTestId("table").textContent())!, /All \d+ checks pass/);
    }));

test("the optimizer makes the step of the course", () =>
    onPage("explore_neuron", async (page) => {
        await page.getByTestId("phase-6").click();
        near(await full(page.getByTestId("next-w")), 0.6974627851371762);
        await page.getByTestId("rule").selectOption("adam");
        await picture(page, "optimizer");
        await page.getByTestId("rule").selectOption("sgd");
        await page.getByTestId("apply").click();
        near(await full(page.getByTestId("value-w")), 0.6974627851371762);
        assert.match((await page.getByTestId("optimizer-said").textContent())!, /1 steps made/);
    }));

test("the error over the step h is a V", () =>
    onPage("explore_neuron", async (page) => {
        await goTo(page, "w");
        await page.getByTestId("tab-steps").click();
        const points = (await page.locator("[data-testid=v-plot] .curve").getAttribute("points"))!.split(" ").map((p) => Number(p.split(",")[1]));
        const lowest = points.indexOf(Math.max(...points)); // y grows downwards
        assert.ok(lowest > points.length / 4 && lowest < (3 * points.length) / 4);
        assert.ok(points[0] < points[lowest] - 30 && points[points.length - 1] < points[lowest] - 30);
        await page.getByTestId("h").fill("0");
        assert.match((await page.getByTestId("table").textContent())!, /✗ fail/);
        await picture(page, "steps");
    }));

test("the trace is copied in four forms", () =>
    onPage("explore_neuron", async (page) => {
        for (const [form, part] of [["LaTeX", "\\frac"], ["C++", "Value z = w * x;"], ["DOT", "digraph"], ["JSON", "xgrad-trace"]]) {
            await page.getByTestId("copy").selectOption(form);
            assert.ok((await page.getByTestId("copied-text").inputValue()).includes(part));
            await page.getByTestId("close").click();
        }
    }));

test("texts of the program are texts, whatever they hold", () => {
    const odd = `</script><img src=x onerror=alert(1)> " ' & 🐱${"L".repeat(300)}`;
    const file = JSON.parse(traceText("explore_neuron"));
    file.nodes.find((n: { label?: string }) => n.label === "w").label = odd;
    return onPage(JSON.stringify(file), async (page) => {
        assert.ok(await page.getByTestId(`value-${odd}`).isVisible());
        assert.equal(await page.locator("img").count(), 0);
        await page.getByTestId("to-end").click();
        near(await full(page.getByTestId(`grad-${odd}`)), 0.20507442972564777);
        await page.getByTestId("back").click();
        await page.getByTestId("go").fill(odd);
        await page.getByTestId("go").press("Enter");
        const wide = await page.evaluate(() => [...document.querySelectorAll(".panel")].filter((p) => p.scrollWidth > p.clientWidth).map((p) => p.className));
        assert.deepEqual(wide, []);
    });
});

test("a damaged trace is refused with the reason", async () => {
    const text = traceText("explore_neuron");
    for (const [bad, why] of [[text.slice(0, 900), /ends too early/], [text.replace('"version":1', '"version":77'), /version 77/], ["", /empty/]] as const) {
        await onPage(bad, async (page) => {
            assert.match((await page.getByTestId("reason").textContent())!, why);
        });
    }
    await onPage(text.slice(0, 900), (page) => picture(page, "refused"));
});

test("five thousand nodes load in 3 seconds and step in 50 milliseconds, folded", () => {
    return onPage(chainText(5000), async (page) => {
        const loaded = await page.evaluate(() => performance.now());
        assert.ok(loaded < 3000, `loaded in ${loaded} ms`);
        assert.ok((await page.locator(".box").count()) < 200);
        // What folds a group is called by what is written on it.
        for (const fold of await page.locator(".fold").all()) assert.ok((await fold.getAttribute("aria-label"))!.includes((await fold.textContent())!));
        // The time of the page's thread, with style, layout and paint: other programs run beside the test.
        const client = await page.context().newCDPSession(page);
        await client.send("Performance.enable", { timeDomain: "threadTicks" });
        const spent = async () => 1000 * (await client.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration")!.value;
        const times: number[] = [];
        for (const button of [...Array<string>(60).fill("step"), "to-end", ...Array<string>(60).fill("back")]) {
            const before = await spent();
            await page.evaluate((id) => {
                document.querySelector<HTMLElement>(`[data-testid=${id}]`)!.click();
                document.body.getBoundingClientRect();
            }, button);
            if (button !== "to-end") times.push((await spent()) - before);
        }
        times.sort((a, b) => a - b);
        console.error(`5000 nodes: loaded after ${Math.round(loaded)} ms; a step takes ${times[times.length >> 1].toFixed(1)} ms, the slowest ${times.at(-1)!.toFixed(1)} ms`);
        assert.ok(times.at(-1)! < 50, `steps take ${times.map(Math.round)} ms`);
        await picture(page, "large");
        await page.locator(".box.group").last().press("Enter");
        assert.ok((await page.locator(".frame").count()) > 0);
        await picture(page, "large-unfolded");
    });
});
