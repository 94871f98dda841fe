// Reads the trace that stands in the page and shows it, or says why it cannot.
import { h } from "./draw/dom";
import { showPage } from "./page";
import { beginLook } from "./state/look";
import { refusalsZh } from "./text/refusals_zh";
import { language, t } from "./text/words";
import { readTrace, Refusal } from "./trace/read";

let leave: () => void = () => {};

function open(source: string, name: string): void {
    leave();
    leave = () => {};
    document.querySelectorAll("dialog").forEach((d) => d.remove());
    try {
        leave = showPage(readTrace(source), openFile);
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refuse(name, error.why.in(language() === "zh" ? refusalsZh : {}));
    }
}
async function openFile(file: File): Promise<void> {
    history.replaceState(null, "", location.pathname + location.search);
    open(await file.text(), file.name);
}
function refuse(name: string, why: string): void {
    document.title = t("refused");
    const file = h("input", { type: "file", accept: ".json,application/json", id: "open", "data-testid": "open", class: "hidden", tabindex: -1, "aria-label": t("open"), onchange: () => file.files?.[0] && openFile(file.files[0]) });
    document.body.replaceChildren(
        h("main", { class: "refusal", "data-testid": "refusal" }, h("h1", {}, t("refused")), h("p", { role: "alert", "data-testid": "reason" }, t("refused_why", { name, why })), h("p", { class: "quiet" }, t("refused_cure")), h("p", {}, file, h("button", { type: "button", onclick: () => file.click() }, t("open")))),
    );
}

beginLook(location.hash);
addEventListener("hashchange", () => location.reload()); // another link to this page: what it shows is read at load
open(document.getElementById("trace")?.textContent ?? "", t("this_page"));
