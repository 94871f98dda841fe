import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { unary } from "../../src/evaluate/functions";
import { readTrace } from "../../src/trace/read";
import { traceText } from "../support";
import { onPage, picture } from "./support";

// Names of the program and of the field, which no language changes.
const names = ["English", "LaTeX", "DOT", "JSON", "Adam", "SGD", "xgrad", "TraceLines", "TraceTensors", "ExplainOptions", "most_elements", "zero_grad", "grad", "explain", "loss", "check", "html", "path", "Shift", "PageDown", "PageUp", "End", "Home", "Space", "Enter", "min", "max", "mean", "norm", "float32", "sum", "exp", "delta_ij", "bias", "stride", "dilation", "padding", "log", "nan", "inf", "x_i", "x_j", "y_i", "y_j", "sum_j", "index", ...Object.keys(unary)];

// Words of Latin letters in what is shown or told to a screen reader, but for the program's own lines.
async function english(page: Page, text: string): Promise<string[]> {
    const trace = readTrace(text);
    const own = new Set(names);
    for (const n of trace.nodes) for (const part of [n.op, n.label, n.module, n.file]) for (const word of part.match(/\w+/g) ?? []) own.add(word).add(`d${word}`);
    for (const { name } of trace.runs.flatMap((r) => r.state)) for (const word of name.match(/\w+/g) ?? []) own.add(word); // the library's names of states
    const shown = await page.evaluate(() => {
        const out: string[] = [];
        for (const element of document.querySelectorAll("body *")) {
            if (element.closest("script, style, code, noscript, .source") || (element as HTMLElement).hidden) continue;
            for (const key of ["aria-label", "title", "placeholder", "aria-valuetext"]) out.push(element.getAttribute(key) ?? "");
            for (const child of element.childNodes) if (child.nodeType === Node.TEXT_NODE) out.push(child.textContent!);
        }
        return [document.title, ...out];
    });
    return shown.map((line) => line.replace(/\w+…/g, "")).flatMap((line) => (line.match(/[A-Za-z_][A-Za-z_\d]{2,}/g) ?? []).filter((word) => !own.has(word)).map((word) => `${word} in “${line}”`));
}

const tabs = ["paths", "quiz", "mistakes", "steps", "optimizer"];
for (const name of ["explore_two_layers", "two_linear_layers", "convolution", "training", "training_of_tensors"]) {
    test(`no English is on the Chinese page: ${name}`, () => {
        const text = traceText(name);
        return onPage(
            text,
            async (page) => {
                const look = async (where: string) => assert.deepEqual(await english(page, text), [], where);
                await look("at load");
                for (const phase of [1, 2, 3, 4, 6, 7]) {
                    await page.getByTestId(`phase-${phase}`).click();
                    await look(`phase ${phase}`);
                }
                await page.getByTestId("to-start").click();
                for (let i = 0; i < 24; ++i) {
                    await page.keyboard.press("ArrowRight");
                    if (i % 4 === 1) await look(`event ${i}`);
                }
                for (const tab of tabs) {
                    await page.getByTestId(`tab-${tab}`).click();
                    await look(tab);
                }
                if ((await page.locator(".cell").count()) > 0) await page.locator(".cell").first().press("Enter");
                await look("an element");
                await picture(page, `chinese-${name}`);
                await page.getByTestId("tab-mistakes").click();
                await page.getByTestId("mistake-keep").check();
                await look("a mistake");
                await page.getByTestId("help").click();
                await look("the keys");
            },
            { locale: "zh-CN" },
        );
    });
}

test("refusals are in Chinese on the Chinese page", async () => {
    const text = traceText("explore_shared");
    const damage = (change: (file: any) => void) => {
        const file = JSON.parse(text);
        change(file);
        return JSON.stringify(file);
    };
    const bad = ["", text.slice(0, 900), "{}", damage((f) => (f.version = 77)), damage((f) => (f.edges[0].from = 77)), damage((f) => f.edges.pop()), damage((f) => ((f.nodes[4].op = "sub_"), (f.operations = {}))), damage((f) => (f.backward[2].after = 5)), damage((f) => f.forward.pop()), damage((f) => (f.nodes[0].value = "x"))];
    for (const trace of bad) {
        await onPage(
            trace === "" ? " " : trace,
            async (page) => {
                const why = (await page.getByTestId("reason").textContent())!;
                const words = (why.match(/[A-Za-z]{3,}/g) ?? []).filter((word) => !["JSON", "xgrad", "trace", "format", "backward", "forward", "value", "complete", "contribution", "sub", "mul", "add", "product"].includes(word));
                assert.deepEqual(words, [], why);
                assert.match(why, /[\u4e00-\u9fff]/);
            },
            { locale: "zh-CN" },
        );
    }
    await onPage(text.slice(0, 900), (page) => picture(page, "chinese-refused"), { locale: "zh-CN" });
});

test("why numbers cannot be edited is in Chinese on the Chinese page", () => {
    const text = traceText("two_linear_layers").replaceAll('"softmax"', '"my_softmax"');
    return onPage(
        text,
        async (page) => {
            await page.getByTestId("go").fill("hidden.weight");
            await page.getByTestId("go").press("Enter");
            assert.match((await page.getByTestId("cannot-edit").textContent())!, /这里不能修改数值/);
            assert.deepEqual(await english(page, text), []);
        },
        { locale: "zh-CN" },
    );
});
