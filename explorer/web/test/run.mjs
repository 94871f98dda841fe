// Bundles the tests and runs them by node's own runner.
//   node test/run.mjs unit|browser [--screenshots FOLDER] [--only PATTERN]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const [kind = "unit", ...options] = process.argv.slice(2);
const option = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : "");
const only = option("--only") === "" ? [] : ["--test-name-pattern", option("--only")];
const tests = readdirSync(join(here, kind)).filter((name) => name.endsWith(".test.ts"));
// Among the packages, from where the tests find them
const out = mkdtempSync(join(dirname(here), "node_modules", ".tests-"));
try {
    await build({
        absWorkingDir: dirname(here),
        entryPoints: tests.map((name) => join(here, kind, name)),
        bundle: true,
        platform: "node",
        format: "esm",
        outdir: out,
        outExtension: { ".js": ".mjs" },
        external: ["playwright-core", "axe-core"],
        logLevel: "warning",
    });
    const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
    const env = { ...process.env, XGRAD_WEB: dirname(here), XGRAD_SCREENSHOTS: option("--screenshots") };
    const run = spawnSync(process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...only, ...files], { stdio: "inherit", env });
    process.exitCode = run.status ?? 1;
} finally {
    rmSync(out, { recursive: true, force: true });
}
