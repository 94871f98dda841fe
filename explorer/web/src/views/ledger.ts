// What has arrived at a node, a row a contribution, and the running sum.
import { h, setNumber } from "../draw/dom";
import { t } from "../text/words";
import { fullNumber, shortNumber, symbolOf } from "../trace/notation";
import { isConstant, ledgerOf, nameOf, pathsTo } from "../trace/trace";
import type { Session } from "../state/session";
import { type View, derivativeName } from "./view";

const number = (x: number): HTMLTableCellElement => {
    const cell = h("td", { class: "number" });
    setNumber(cell, x, shortNumber(x), fullNumber(x));
    return cell;
};

/// "2 paths" for what is reached in several ways.
export function sharedBadge(session: Session, node: number): HTMLElement | null {
    const uses = session.trace.nodes[node].uses.length;
    if (isConstant(session.trace.nodes[node])) return null;
    const paths = pathsTo(session.trace, node, 65);
    const count = paths.complete ? String(paths.list.length) : "64+";
    if (uses < 2 && paths.list.length < 2) return null;
    return h("span", { class: "badge" }, t("paths_badge", { count }));
}

export class Ledger implements View {
    readonly element = h("section", { class: "panel ledger", "data-testid": "ledger" });

    constructor(private readonly session: Session) {}

    update(): void {
        const { session } = this;
        const node = session.selected;
        const heading = h("h2", {}, t("ledger", { name: derivativeName(session, node) }), sharedBadge(session, node));
        const rows = ledgerOf(session.trace, node);
        if (rows.length === 0) return this.element.replaceChildren(heading, h("p", { class: "quiet" }, t("ledger_none")));
        const head = h("tr", {}, ...(["from", "upstream", "local", "product", "sum"] as const).map((key) => h("th", { scope: "col" }, t(key))));
        const body = rows.map((row) => this.row(row));
        this.element.replaceChildren(heading, h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": heading.textContent }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...body))));
    }

    private row(index: number): HTMLTableRowElement {
        const { session } = this;
        const event = session.trace.events[index];
        const happened = index < session.position;
        const edge = event.kind === "contribution" ? session.trace.edges[event.edge] : null;
        const wrong = edge && session.checker.local(event.edge)?.pass === false;
        const from = h("th", { scope: "row" }, edge ? nameOf(session.trace, edge.to) : t("seed"));
        if (!happened) {
            const symbol = edge ? symbolOf(session.trace, edge) : "";
            return h("tr", { class: "pending" }, from, h("td", { class: "number" }, "–"), h("td", { class: "number" }, symbol), h("td", { class: "number" }, "–"), h("td", { class: "number" }, t("pending")));
        }
        const cells = edge ? [number(event.upstream), number(event.local)] : [h("td", { class: "number" }, "–"), h("td", { class: "number" }, "–")];
        const now = index === session.position - 1;
        return h(
            "tr",
            { "data-testid": "ledger-row", "data-value": fullNumber(event.product), class: [now && "now", wrong && "wrong"].filter(Boolean).join(" ") || null },
            from,
            ...cells,
            number(event.product),
            number(event.after),
        );
    }
}
