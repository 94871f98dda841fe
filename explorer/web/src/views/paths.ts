// Every way from the loss to a node, with the product of the local derivatives along it.
import { h } from "../draw/dom";
import { derivative, factor, inline, op } from "../draw/formula";
import { ruleOf } from "../text/rules";
import { t } from "../text/words";
import { symbolOf } from "../trace/notation";
import { isConstant, nameOf, pathsTo } from "../trace/trace";
import type { Session } from "../state/session";
import { setNumbers } from "./quantity";
import type { View } from "./view";

const most = 16; // of a way or a product, to be read
const short = (list: number[]): number[] => (list.length <= most ? list : [...list.slice(0, most / 2), -1, ...list.slice(-most / 2)]);

export class Paths implements View {
    readonly element = h("div", { class: "paths", "data-testid": "paths" });
    constructor(
        private readonly session: Session,
        private readonly light: (edges: number[]) => void,
    ) {}

    update(): void {
        const { trace, selected } = this.session;
        const names = { root: nameOf(trace, trace.root), name: nameOf(trace, selected) };
        const found = isConstant(trace.nodes[selected]) ? { list: [], complete: true } : pathsTo(trace, selected, 12);
        // Rules of tensors are no factors: what a way brings is pulled back along it.
        const brought = found.list.map((p) => (!trace.recorded ? Float64Array.of(p.product) : this.session.editable ? this.session.pathProduct(p.edges) : null));
        const total = brought.reduce((sum, x) => (sum && x ? sum.map((v, i) => v + x[i]) : (sum ?? x)), null);
        const number = (x: ArrayLike<number> | null) => {
            const cell = h("td", { class: "number" });
            setNumbers(cell, x);
            return cell;
        };
        const rows = found.list.map((path, i) => {
            const way = short([trace.root, ...path.edges.map((e) => trace.edges[e].from)]).map((n) => (n < 0 ? "…" : nameOf(trace, n))).join(" → ");
            const factors = path.edges.map((e) => trace.edges[e]).filter((e) => symbolOf(trace, e) !== "1");
            const product = trace.recorded || factors.length > most ? [] : factors.flatMap((e, i) => (i === 0 ? [factor(trace, e)] : [op("·"), factor(trace, e)]));
            const show = h("button", { type: "button", class: "link way", onclick: () => this.light(path.edges) }, way);
            return h("tr", { "data-testid": "path-row" }, h("th", { scope: "row" }, show, h("div", { class: "symbol" }, trace.recorded ? short(path.edges).filter((e) => e >= 0).map((e) => ruleOf(trace, trace.edges[e])).join(" → ") : product.length > 0 ? inline(...product) : factors.length > most ? t("factors", { count: factors.length }) : "1")), number(brought[i]));
        });
        const sum = h("tr", { class: "sum" }, h("th", { scope: "row" }, t("paths_sum"), " ", inline(derivative(trace, selected))), number(total));
        this.element.replaceChildren(
            h("p", {}, t("paths_about", names)),
            rows.length === 0 ? h("p", { class: "quiet" }, t("no_path")) : h("table", {}, h("tbody", {}, ...rows, found.complete && total ? sum : null)),
            found.complete ? "" : h("p", { class: "quiet" }, t("paths_more")),
        );
    }
}
