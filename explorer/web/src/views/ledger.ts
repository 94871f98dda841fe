// What has arrived at a node, a row a contribution, and the running sum.
import { h } from "../draw/dom";
import { ruleOf } from "../text/rules";
import { t } from "../text/words";
import { fullNumber, symbolOf } from "../trace/notation";
import { isConstant, ledgerOf, nameOf, pathsTo } from "../trace/trace";
import type { Session } from "../state/session";
import { setQuantity } from "./quantity";
import { type View, derivativeName } from "./view";

const most = 160; // rows

/// "2 paths" for what is reached in several ways.
export function sharedBadge(session: Session, node: number): HTMLElement | null {
    const uses = session.trace.nodes[node].uses.length;
    if (isConstant(session.trace.nodes[node])) return null;
    const paths = pathsTo(session.trace, node, 17);
    const count = paths.complete ? String(paths.list.length) : "16+";
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
        // Of very many, those around here: the running sum has all before them in it.
        const past = rows.filter((row) => row < session.position);
        const shown = rows.length <= most ? rows : [...past.slice(-most / 2), ...rows.slice(past.length, past.length + most / 4)];
        const body = shown.map((row) => this.row(row));
        const note = shown.length < rows.length ? h("p", { class: "quiet" }, t("ledger_part", { shown: shown.length, all: rows.length })) : "";
        this.element.replaceChildren(heading, h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": heading.textContent }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...body))), note);
    }

    private row(index: number): HTMLTableRowElement {
        const { session } = this;
        const event = session.trace.events[index];
        const happened = index < session.position;
        const edge = event.kind === "contribution" ? session.trace.edges[event.edge] : null;
        const wrong = edge && session.checker.local(event.edge)?.pass === false;
        const from = h("th", { scope: "row" }, edge ? nameOf(session.trace, edge.to) : t("seed"));
        if (!happened) {
            const symbol = !edge ? "" : edge.vjp !== "" ? ruleOf(session.trace, edge) : symbolOf(session.trace, edge);
            return h("tr", { class: "pending" }, from, h("td", { class: "number" }, "–"), h("td", { class: "number" }, symbol), h("td", { class: "number" }, "–"), h("td", { class: "number" }, t("pending")));
        }
        const { trace } = session;
        const places = event.tensors ?? { upstream: -1, product: -1, after: -1 };
        const number = (x: number, tensor: number) => {
            const cell = h("td", { class: "number" });
            setQuantity(cell, trace, x, tensor);
            return cell;
        };
        const local = edge && edge.vjp !== "" ? h("td", { class: "rule" }, ruleOf(trace, edge)) : number(event.local, -1);
        const cells = edge ? [number(event.upstream, places.upstream), local] : [h("td", { class: "number" }, "–"), h("td", { class: "number" }, "–")];
        const now = index === session.position - 1;
        return h(
            "tr",
            { "data-testid": "ledger-row", "data-value": fullNumber(event.product), class: [now && "now", wrong && "wrong"].filter(Boolean).join(" ") || null },
            from,
            ...cells,
            number(event.product, places.product),
            number(event.after, places.after),
        );
    }
}
