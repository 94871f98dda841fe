import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { web } from "../support";
import { onPage, picture } from "./support";

const axe = readFileSync(createRequire(join(web, "package.json")).resolve("axe-core/axe.min.js"), "utf8");

async function serious(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    return page.evaluate(async () => {
        const found = await (globalThis as any).axe.run(document);
        return found.violations
            .filter((v: any) => ["moderate", "serious", "critical"].includes(v.impact))
            .map((v: any) => `${v.id}: ${v.nodes.map((n: any) => n.html.slice(0, 160)).slice(0, 4).join(" | ")}`);
    });
}

const tabs = ["paths", "quiz", "mistakes", "steps", "optimizer"];
for (const theme of ["light", "dark"] as const) {
    for (const locale of ["en-US", "zh-CN"]) {
        test(`no serious accessibility violation: ${theme}, ${locale}`, () =>
            onPage(
                "explore_two_layers",
                async (page) => {
                    assert.equal(await page.evaluate(() => document.documentElement.lang), locale === "en-US" ? "en" : "zh-CN");
                    assert.deepEqual(await serious(page), []);
                    await picture(page, `load-${theme}-${locale}`);
                    for (let i = 0; i < 28; ++i) await page.keyboard.press("ArrowRight");
                    for (const tab of tabs) {
                        await page.getByTestId(`tab-${tab}`).click();
                        assert.deepEqual(await serious(page), []);
                    }
                    await page.getByTestId("tab-paths").click();
                    await page.evaluate(() => scrollTo(0, 0));
                    await picture(page, `step-${theme}-${locale}`);
                    await page.getByTestId("tab-mistakes").click();
                    await page.getByTestId("mistake-keep").check();
                    assert.deepEqual(await serious(page), []);
                },
                { theme, locale },
            ));
    }
}

test("no serious accessibility violation with tensors and trainings", async () => {
    for (const [trace, theme] of [["convolution", "light"], ["two_linear_layers", "dark"], ["training", "dark"], ["training", "light"], ["training_of_tensors", "light"]] as const) {
        await onPage(
            trace,
            async (page) => {
                for (let i = 0; i < 13; ++i) await page.keyboard.press("ArrowRight");
                if (trace === "convolution") await page.locator(".cell").first().press("Enter");
                assert.deepEqual(await serious(page), []);
            },
            { theme },
        );
    }
});

test("nothing is wider than the window, wide or narrow", async () => {
    for (const width of [1280, 900, 380]) {
        await onPage(
            "explore_two_layers",
            async (page) => {
                for (let i = 0; i < 20; ++i) await page.keyboard.press("ArrowRight");
                const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert.ok(overflow <= 0, `${overflow} pixels too wide at ${width}`);
                await picture(page, `width-${width}`);
            },
            { width, height: 800 },
        );
    }
});

test("language and theme are chosen on the page", () =>
    onPage("explore_neuron", async (page) => {
        await page.getByTestId("language").selectOption("zh");
        assert.equal(await page.getByTestId("grad-w").textContent(), "尚无");
        await page.getByTestId("theme").selectOption("dark");
        assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 24, 27)");
        await page.getByTestId("language").selectOption("en");
        assert.equal(await page.getByTestId("grad-w").textContent(), "not yet");
    }));

test("nothing moves by itself for those who ask for that", () =>
    onPage(
        "explore_neuron",
        async (page) => {
            for (let i = 0; i < 3; ++i) await page.keyboard.press("ArrowRight");
            assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
        },
        { reducedMotion: "reduce" },
    ));

test("a screen reader is told of every step", () =>
    onPage("explore_neuron", async (page) => {
        for (let i = 0; i < 3; ++i) await page.keyboard.press("ArrowRight");
        assert.match((await page.getByTestId("live").textContent())!, /Event 3 of \d+\. dL\/d.* \+= 1 × 0\.5 = 0\.5/);
    }));

test("the address keeps language, theme, run and step, and brings them back", () =>
    onPage("training", async (page) => {
        await page.getByTestId("language").selectOption("zh");
        await page.getByTestId("theme").selectOption("dark");
        await page.getByTestId("run").selectOption("1");
        await page.getByTestId("training-step").fill("5");
        await page.keyboard.press("Escape");
        await page.getByTestId("step").click();
        await page.waitForFunction(() => location.hash.includes("event=1"));
        const url = page.url();
        for (const part of ["lang=zh", "theme=dark", "run=2", "step=5", "event=1"]) assert.ok(url.includes(part), url);
        const loss = await page.getByTestId("film-loss").getAttribute("data-value");
        const value = await page.getByTestId("value-w").getAttribute("data-value");
        await page.reload();
        assert.equal(page.url(), url);
        assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
        assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 24, 27)");
        assert.equal(await page.getByTestId("run").inputValue(), "1");
        assert.equal(await page.getByTestId("training-step").inputValue(), "5");
        assert.equal(await page.getByTestId("film-loss").getAttribute("data-value"), loss);
        assert.equal(await page.getByTestId("value-w").getAttribute("data-value"), value);
        assert.equal(await page.getByTestId("theme").inputValue(), "dark");
    }));

test("a dark page is dark before its script runs", () =>
    onPage(
        "explore_neuron",
        async (page) => {
            const asset = await page.content();
            const head = asset.slice(0, asset.indexOf("</head>"));
            assert.match(head, /dataset\.theme/); // in the head, ahead of anything that is painted
            assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
            await page.emulateMedia({ colorScheme: "light" });
            await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
        },
        { theme: "dark" },
    ));

test("the overview covers nothing of the drawing", () =>
    onPage("explore_two_layers", async (page) => {
        for (const key of ["ArrowRight", "ArrowRight", "End"]) {
            await page.keyboard.press(key);
            const [drawing, overview] = await Promise.all([page.locator(".drawing").boundingBox(), page.getByTestId("minimap").boundingBox()]);
            assert.ok(overview!.y >= drawing!.y + drawing!.height - 1, `${overview!.y} lies above ${drawing!.y + drawing!.height}`);
        }
    }));
