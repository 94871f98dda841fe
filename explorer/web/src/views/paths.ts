// Every way from the loss to a node, with the product of the local derivatives along it.
import { h, setNumber } from "../draw/dom";
import { derivative, factor, inline, op } from "../draw/formula";
import { t } from "../text/words";
import { fullNumber, shortNumber, symbolOf } from "../trace/notation";
import { isConstant, nameOf, pathsTo } from "../trace/trace";
import type { Session } from "../state/session";
import type { View } from "./view";

export class Paths implements View {
    readonly element = h("div", { class: "paths", "data-testid": "paths" });
    constructor(
        private readonly session: Session,
        private readonly light: (edges: number[]) => void,
    ) {}

    update(): void {
        const { trace, selected } = this.session;
        const names = { root: nameOf(trace, trace.root), name: nameOf(trace, selected) };
        const found = isConstant(trace.nodes[selected]) ? { list: [], complete: true } : pathsTo(trace, selected, 24);
        const total = found.list.reduce((sum, p) => sum + p.product, 0);
        const number = (x: number) => {
            const cell = h("td", { class: "number" });
            setNumber(cell, x, shortNumber(x), fullNumber(x));
            return cell;
        };
        const rows = found.list.map((path) => {
            const way = [trace.root, ...path.edges.map((e) => trace.edges[e].from)].map((n) => nameOf(trace, n)).join(" → ");
            const factors = path.edges.map((e) => trace.edges[e]).filter((e) => symbolOf(trace, e) !== "1");
            const product = factors.flatMap((e, i) => (i === 0 ? [factor(trace, e)] : [op("·"), factor(trace, e)]));
            const show = h("button", { type: "button", class: "link way", onclick: () => this.light(path.edges) }, way);
            return h("tr", { "data-testid": "path-row" }, h("th", { scope: "row" }, show, h("div", { class: "symbol" }, product.length > 0 ? inline(...product) : "1")), number(path.product));
        });
        const sum = h("tr", { class: "sum" }, h("th", { scope: "row" }, t("paths_sum"), " ", inline(derivative(trace, selected))), number(total));
        this.element.replaceChildren(
            h("p", {}, t("paths_about", names)),
            rows.length === 0 ? h("p", { class: "quiet" }, t("no_path")) : h("table", {}, h("tbody", {}, ...rows, found.complete ? sum : null)),
            found.complete ? "" : h("p", { class: "quiet" }, t("paths_more")),
        );
    }
}
