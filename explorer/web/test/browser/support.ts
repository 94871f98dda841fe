// Opens pages in a real browser. Every page ends with no error on the console and no request but for itself.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before } from "node:test";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { traceText, web } from "../support";

let browser: Browser;
let folder = "";
before(async () => {
    folder = mkdtempSync(join(tmpdir(), "xgrad-pages-"));
    browser = await chromium.launch({ executablePath: process.env.XGRAD_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
});
after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
});

/// The page with that trace in it, as the library writes it.
export function pageFile(text: string): string {
    const asset = readFileSync(join(web, "dist/page.html"), "utf8");
    const file = join(folder, `page-${Math.random().toString(36).slice(2)}.html`);
    writeFileSync(file, asset.replace("/*trace*/", () => text.replaceAll("<", "\\u003c")));
    return file;
}

export interface Look {
    theme?: "light" | "dark";
    locale?: string;
    width?: number;
    height?: number;
    hash?: string;
    reducedMotion?: "reduce" | "no-preference";
}

/// Runs `act` on the page of a trace (a name in test/traces, or its text).
export async function onPage(trace: string, act: (page: Page) => Promise<void>, look: Look = {}): Promise<void> {
    const text = /^\w+$/.test(trace) ? traceText(trace) : trace;
    const context = await browser.newContext({
        viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
        colorScheme: look.theme ?? "light",
        locale: look.locale ?? "en-US",
        reducedMotion: look.reducedMotion ?? "no-preference",
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && faults.push(m.text()));
    page.on("pageerror", (e) => faults.push(String(e.stack)));
    const url = pathToFileURL(pageFile(text)).href;
    page.on("request", (r) => r.url().split("#")[0] === url || r.url().startsWith("data:") || faults.push(`request ${r.url()}`));
    try {
        await page.goto(url + (look.hash ?? ""));
        await act(page);
        assert.deepEqual(faults, []);
    } finally {
        await context.close();
    }
}

export const full = async (at: Locator): Promise<number> => Number((await at.getAttribute("data-value")) ?? NaN);
export const near = (a: number, b: number, within = 1e-12): void => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

/// Keeps a picture, if a folder for them was given.
export async function picture(page: Page, name: string): Promise<void> {
    const to = process.env.XGRAD_SCREENSHOTS;
    if (!to) return;
    mkdirSync(to, { recursive: true });
    await page.screenshot({ path: join(to, `${name}.png`) });
}
