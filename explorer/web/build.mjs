// Makes dist/page.html: the page without a trace, script and style inline. The library puts the trace in (explorer/page.cpp).
//   node build.mjs [OUT]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist", "page.html");

async function bundle(entry) {
    const result = await build({
        absWorkingDir: here,
        entryPoints: [entry],
        bundle: true,
        minify: true,
        write: false,
        format: "iife",
        target: "es2022",
        charset: "utf8",
        legalComments: "none",
        logLevel: "warning",
    });
    return result.outputFiles[0].text.trim();
}

const style = await bundle("src/style.css");
// Within a script element a closing tag would end it.
const script = (await bundle("src/main.ts")).replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
const page = readFileSync(join(here, "page.html"), "utf8")
    .replace("/*style*/", () => style)
    .replace("/*script*/", () => script);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
