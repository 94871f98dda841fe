import assert from "node:assert/strict";
import { test } from "node:test";
import { random, traceText } from "../support";
import { full, near, onPage } from "./support";

const golden = { w11: -0.050631335300863195, w12: 0.10126267060172639, w21: 0.0398147480905465, w22: -0.079629496181093, b1: -0.10126267060172639, b2: 0.079629496181093, v1: -0.2755556057320262, v2: -0.20555181710263615, c: -0.5800916474997808 };

test("gradients read “not yet” at load, and end in the numbers of the course", () =>
    onPage("explore_two_layers", async (page) => {
        near(await full(page.getByTestId("value-y")), 0.21990835250021923);
        near(await full(page.getByTestId("value-L")), 0.16825315974950497);
        for (const label of ["L", ...Object.keys(golden)]) {
            assert.equal(await page.getByTestId(`grad-${label}`).textContent(), "not yet");
            assert.equal(await page.getByTestId(`grad-${label}`).getAttribute("data-value"), null);
        }
        await page.getByTestId("to-end").click();
        for (const [label, gradient] of Object.entries(golden)) near(await full(page.getByTestId(`grad-${label}`)), gradient);
    }));

test("every event shows upstream times local, and the ledger's rows sum to the gradient", () =>
    onPage("explore_two_layers", async (page) => {
        const wheres = new Set<string>();
        for (let i = 0; i < 60; ++i) {
            await page.getByTestId("step").click();
            wheres.add((await page.getByTestId("where").textContent())!);
            const [upstream, local, product] = await Promise.all(["upstream", "local", "product"].map((c) => full(page.getByTestId(`card-${c}`))));
            if (Number.isNaN(product)) continue;
            assert.equal(product, upstream * local);
            const rows = await page.getByTestId("ledger-row").evaluateAll((r) => r.map((x) => Number(x.getAttribute("data-value"))));
            const sums = await page.locator("[data-testid=ledger-row] td:last-child").evaluateAll((c) => c.map((x) => Number(x.getAttribute("data-value"))));
            assert.equal(rows.reduce((a, b) => a + b, 0), sums[sums.length - 1]);
        }
        assert.equal(wheres.size, 60);
    }));

const state = (page: import("playwright-core").Page) => page.locator("[data-testid^=grad-]").evaluateAll((cells) => cells.map((c) => c.getAttribute("data-value")));

test("random moves end in the state of a fresh page", () =>
    onPage("explore_two_layers", async (page) => {
        const next = random(3);
        const buttons = ["step", "back", "step", "step-node", "back-node", "to-start", "to-end", "step"];
        for (let i = 0; i < 120; ++i) {
            const id = buttons[Math.floor(next() * buttons.length)];
            await page.getByTestId(id).click();
        }
        const at = Number((await page.getByTestId("where").textContent())!.match(/\d+/)![0]);
        const before = await state(page);
        await onPage("explore_two_layers", async (fresh) => {
            for (let i = 0; i < at; ++i) await fresh.keyboard.press("ArrowRight");
            assert.deepEqual(await state(fresh), before);
        });
    }));

for (const trace of ["explore_shared", "two_linear_layers"]) {
    test(`back after a step leaves the page as it was, letter for letter: ${trace}`, () =>
        onPage(trace, async (page) => {
            // Where the drawing is looked at from is the reader's
            const letters = () => page.evaluate(() => document.body.innerHTML.replace(/ transform="[^"]*"| tabindex="[^"]*"|<rect class="here"[^>]*>/g, ""));
            const seen = [await letters()];
            for (let i = 0; i < 12; ++i) {
                await page.getByTestId("step").click();
                seen.push(await letters());
            }
            for (let i = 12; i-- > 0; ) {
                await page.getByTestId("back").click();
                assert.equal(await letters(), seen[i]);
            }
        }));
}

test("numbers without an end have all of it in data-value, as Number() reads it", () => {
    const file = JSON.parse(traceText("explore_neuron"));
    for (const [label, value] of [["w", "inf"], ["t", "nan"]]) file.nodes.find((n: { label?: string }) => n.label === label).value = value;
    return onPage(JSON.stringify(file), async (page) => {
        assert.equal(await full(page.getByTestId("value-w")), Infinity);
        await page.getByTestId("go").fill("w");
        await page.getByTestId("go").press("Enter");
        await page.getByTestId("tab-steps").click(); // nothing to draw, and no error
        assert.equal(await page.locator("[data-testid=v-plot] circle").count(), 0);
    });
});

test("everything by keyboard alone", () =>
    onPage("explore_two_layers", async (page) => {
        await page.keyboard.press("ArrowRight");
        assert.equal(await full(page.getByTestId("grad-L")), 1);
        await page.keyboard.press("ArrowLeft");
        assert.equal(await page.getByTestId("grad-L").textContent(), "not yet");
        await page.keyboard.press("End");
        near(await full(page.getByTestId("grad-w11")), golden.w11);
        await page.keyboard.press("Home");
        await page.keyboard.press("g");
        await page.keyboard.type("w11");
        await page.keyboard.press("Enter");
        assert.match((await page.getByTestId("inspector").textContent())!, /Node w11/);
        await page.getByTestId("edit").focus();
        await page.keyboard.press("ControlOrMeta+a");
        await page.keyboard.type("0.25");
        await page.keyboard.press("Enter");
        assert.equal(await full(page.getByTestId("value-w11")), 0.25);
        await page.getByTestId("help").focus();
        await page.keyboard.press("Enter");
        assert.ok(await page.locator("dialog").isVisible());
        await page.keyboard.press("Escape");
        await page.keyboard.press("2");
        assert.ok(await page.getByTestId("quiz").isVisible());
        await page.keyboard.press("ArrowRight"); // the next tab, as the focus is in them
        assert.ok(await page.getByTestId("mistakes").isVisible());
        // What is drawn anew keeps the keyboard
        const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.testid);
        await page.keyboard.press("End");
        await page.getByTestId("tab-optimizer").focus();
        await page.keyboard.press("Enter");
        for (const id of ["apply", "start-over", "train-x1"]) {
            await page.getByTestId(id).focus();
            await page.keyboard.press(id === "train-x1" ? "Space" : "Enter");
            assert.equal(await focused(), id);
        }
        // Every control can be reached by Tab
        const reached = new Set<string>();
        for (let i = 0; i < 90; ++i) {
            await page.keyboard.press("Tab");
            reached.add(await page.evaluate(() => (document.activeElement as HTMLElement)?.dataset.testid ?? ""));
        }
        for (const id of ["step", "back", "play", "position", "go", "language", "theme", "copy", "zoom-in", "phase-6"]) assert.ok(reached.has(id), `${id} is not reached`);
    }));

test("the address keeps the state", () =>
    onPage("explore_two_layers", async (page) => {
        for (let i = 0; i < 9; ++i) await page.keyboard.press("ArrowRight");
        const before = await state(page);
        assert.equal(await page.evaluate(() => location.hash), "#event=9"); // at once
        await page.reload();
        assert.deepEqual(await state(page), before);
        await page.getByTestId("tab-optimizer").click();
        await page.getByTestId("rule").selectOption("adam");
        await page.getByTestId("lr").fill("0.05");
        await page.getByTestId("train-x1").check();
        await page.getByTestId("speed").selectOption("5");
        await page.getByTestId("next-x1").waitFor();
        const numbers = () => page.locator("[data-testid^=next-]").evaluateAll((cells) => cells.map((c) => c.getAttribute("data-value")));
        const chosen = await numbers();
        await page.reload();
        assert.ok(await page.getByTestId("optimizer").isVisible());
        assert.deepEqual(await numbers(), chosen);
        assert.equal(await page.getByTestId("speed").inputValue(), "5");
        // Another link, in the same tab
        await page.evaluate(() => (location.hash = "#event=3"));
        await page.waitForFunction(() => document.querySelector("[data-testid=where]")?.textContent?.includes("3 of"));
    }));

test("play walks by itself and pauses", () =>
    onPage("explore_neuron", async (page) => {
        await page.getByTestId("speed").selectOption("20");
        await page.getByTestId("play").click();
        await page.waitForFunction(() => document.querySelector("[data-testid=grad-w]")?.hasAttribute("data-value"));
        await page.getByTestId("back").click();
        assert.equal(await page.getByTestId("play").getAttribute("aria-pressed"), "false");
    }));

test("the seven steps lead from a bare structure to the update", () =>
    onPage("explore_two_layers", async (page) => {
        await page.getByTestId("phase-1").click();
        assert.equal(await page.getByTestId("value-w11").textContent(), "not yet");
        await page.getByTestId("phase-2").click();
        assert.equal(await full(page.getByTestId("value-w11")), 0.1);
        assert.equal(await page.getByTestId("value-z1").textContent(), "not yet");
        await page.getByTestId("phase-6").click();
        near(await full(page.getByTestId("next-w11")), 0.1 - 0.5 * golden.w11);
        await page.getByTestId("phase-4").click(); // what was open before
        assert.ok(await page.getByTestId("paths").isVisible());
        await page.getByTestId("phase-6").click();
        assert.equal((await page.getByTestId("timeline").locator("[aria-current]").textContent())!.includes("6"), true);
    }));
