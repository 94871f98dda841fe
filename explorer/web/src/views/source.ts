// The lines of the user's program that made the selected node.
import { h } from "../draw/dom";
import { t } from "../text/words";
import type { Session } from "../state/session";
import type { View } from "./view";

export class Source implements View {
    readonly element = h("section", { class: "panel source", "data-testid": "source" });
    constructor(private readonly session: Session) {}

    update(): void {
        const { trace, selected } = this.session;
        const n = trace.nodes[selected];
        const title = h("h2", {}, t("source"));
        const lines = trace.sources.get(n.file);
        if (n.file === "") return this.element.replaceChildren(title, h("p", { class: "quiet" }, t("no_source")));
        const where = h("span", { class: "quiet file", title: n.file }, `${n.file.slice(n.file.lastIndexOf("/") + 1)}:${n.line}`);
        title.append(where);
        const around = [-2, -1, 0, 1, 2].map((d) => n.line + d).filter((l) => lines?.has(l));
        const code = around.map((line) =>
            h("div", { class: line === n.line ? "line now" : "line" }, h("span", { class: "digit" }, String(line)), h("code", {}, lines!.get(line)!)),
        );
        this.element.replaceChildren(title, ...(code.length > 0 ? [h("div", { class: "code scroll", tabindex: 0, role: "group", "aria-label": t("source") }, ...code)] : []));
    }
}
