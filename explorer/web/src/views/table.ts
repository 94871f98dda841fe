// Every node with its numbers, and whether they are what they claim to be.
import { h, setClass, setNumber, setText } from "../draw/dom";
import { t } from "../text/words";
import { expressionOf, fullNumber, shortNumber } from "../trace/notation";
import { positionOf } from "../trace/elements";
import { findNode, isConstant, isHidden, isLeaf, isSource, nameOf } from "../trace/trace";
import type { Change, Session } from "../state/session";
import { whyFixed } from "./editor";
import { setQuantity } from "./quantity";
import type { View } from "./view";

const page = 150; // rows before "show more"; each costs a check over the whole graph

interface Cells {
    row: HTMLTableRowElement;
    value: HTMLElement;
    gradient: HTMLElement;
    numeric: HTMLElement;
    forward: HTMLElement;
    error: HTMLElement;
    verdict: HTMLElement;
}

const set = (cell: Element, x: number | null, none = "–") => setNumber(cell, x, x === null ? none : shortNumber(x), x === null ? "" : fullNumber(x));

export class Table implements View {
    readonly element = h("section", { class: "panel table", "data-testid": "table" });
    private readonly cells = new Map<number, Cells>();
    private readonly body = h("tbody");
    private readonly head = h("thead");
    private readonly title = h("h2");
    private readonly status = h("p", { class: "quiet status" });
    private readonly wrong = h("ul", { class: "alarms" });
    private readonly more = h("button", { type: "button", onclick: () => ((this.limit += 1000), this.draw()) });
    private readonly filter = h("input", { type: "search", id: "filter", oninput: () => this.draw() });
    private readonly filterLabel = h("label", { for: "filter", class: "hidden" });
    private readonly scroll: HTMLElement;
    private later = 0;
    private limit: number;
    private guests: number[] = []; // rows that are there because their node was selected

    constructor(
        private readonly session: Session,
        private readonly edit: (node: number) => void,
    ) {
        this.limit = session.trace.nodes.length > 1000 ? page / 3 : page;
        this.scroll = h("div", { class: "scroll", tabindex: 0, role: "group" }, h("table", {}, this.head, this.body));
        this.element.append(h("div", { class: "heading" }, this.title, this.filterLabel, this.filter), this.scroll, h("div", { class: "foot" }, this.status, this.more), this.wrong);
    }

    update(change: Change | "all"): void {
        if (change === "all") this.words();
        if (change === "all") this.draw();
        else this.refresh(change === "trace");
    }

    private words(): void {
        this.title.textContent = t("table");
        this.scroll.setAttribute("aria-label", t("table"));
        this.filterLabel.textContent = t("filter");
        this.filter.placeholder = t("filter_hint");
        const columns = ["node", "value", "gradient", "difference", "forward", "error", "verdict"] as const;
        this.head.replaceChildren(h("tr", {}, ...columns.map((key) => h("th", { scope: "col" }, t(key)))));
    }

    // Leaves first, as they are what one trains; then results in the order in which backward reaches them.
    private order(): number[] {
        const { nodes } = this.session.trace;
        const wanted = this.filter.value.trim().toLowerCase();
        const all = nodes.map((_, i) => i).filter((i) => !isHidden(nodes[i]));
        const leaves = all.filter((i) => isLeaf(nodes[i]));
        const results = all.filter((i) => !isLeaf(nodes[i]));
        const named = results.filter((i) => nodes[i].label !== "");
        const rest = results.filter((i) => nodes[i].label === "");
        const list = nodes.length > page ? [...named, ...leaves, ...rest] : [...leaves, ...results];
        if (wanted === "") return list;
        return list.filter((i) => [nameOf(this.session.trace, i), nodes[i].op, nodes[i].module].some((text) => text.toLowerCase().includes(wanted)));
    }

    private draw(): void {
        const order = this.order();
        const shown = order.slice(0, this.limit);
        for (const must of [this.session.trace.root, this.session.selected]) {
            if (order.includes(must) && !shown.includes(must)) shown.unshift(must);
        }
        this.cells.clear();
        this.guests = [];
        this.body.replaceChildren(...shown.map((node) => this.row(node)));
        this.more.textContent = t("show_more");
        this.more.hidden = shown.length >= order.length;
        this.refresh(true);
    }

    private row(node: number): HTMLTableRowElement {
        const { session } = this;
        const name = nameOf(session.trace, node);
        // One of a name answers to it: the last, as everywhere.
        const id = findNode(session.trace, name) === node ? name : `#${node}`;
        const n = session.trace.nodes[node];
        const label = h("button", { type: "button", class: "link", onclick: () => session.select(node) }, name);
        const about = isSource(n) ? null : h("span", { class: "quiet expression" }, ` = ${expressionOf(session.trace, node)}`);
        const number = (testid?: string) => h("td", { class: "number", "data-testid": testid });
        const cells: Cells = {
            row: h("tr", { class: isLeaf(n) ? "leaf" : null, onclick: () => session.select(node), ondblclick: () => this.edit(node) }),
            value: number(`value-${id}`),
            gradient: number(`grad-${id}`),
            numeric: number(),
            forward: number(),
            error: number(),
            verdict: h("td", { class: "verdict" }),
        };
        cells.row.append(h("th", { scope: "row" }, label, about), cells.value, cells.gradient, cells.numeric, cells.forward, cells.error, cells.verdict);
        this.cells.set(node, cells);
        return cells.row;
    }

    // A node that is not among the rows comes first, and is checked when the page has time: over a large graph that is long.
    private invite(node: number): void {
        this.body.prepend(this.row(node));
        this.guests.push(node);
        if (this.guests.length > 20) {
            const gone = this.guests.shift()!;
            this.cells.get(gone)?.row.remove();
            this.cells.delete(gone);
        }
        window.setTimeout(() => {
            const cells = this.cells.get(node);
            if (cells && node === this.session.selected) this.check(node, cells);
        }, 60);
    }

    private refresh(checks: boolean): void {
        const { session } = this;
        if (!this.cells.has(session.selected) && !isHidden(session.trace.nodes[session.selected]) && this.filter.value === "") {
            this.invite(session.selected);
        }
        const active = session.phase === 5 ? session.walk.event?.node : undefined;
        for (const [node, c] of this.cells) {
            const n = session.trace.nodes[node];
            const known = session.hasValue(node);
            setQuantity(c.value, session.trace, known && n.kept ? n.value : null, known ? n.tensor : -1, known ? "–" : t("not_yet"));
            setQuantity(c.gradient, session.trace, session.gradient(node), session.walk.tensors[node], isConstant(n) ? "–" : t("not_yet"), true);
            setClass(c.row, "selected", node === session.selected);
            setClass(c.row, "active", node === active);
        }
        if (checks) this.checkAll();
    }

    // Checks of tensors may take long: what does not fit into the first moment is done between the reader's steps.
    private checkAll(): void {
        clearTimeout(this.later);
        const queue = [...this.cells];
        const work = (budget: number) => {
            const until = performance.now() + budget;
            while (queue.length > 0 && performance.now() < until) this.check(...queue.shift()!);
            if (queue.length === 0) return this.summary();
            for (const [, c] of queue) setText(c.verdict, "…");
            setText(this.status, t("checking"));
            this.later = window.setTimeout(() => work(20), 10);
        };
        work(this.session.tensors ? 400 : Infinity);
    }

    private check(node: number, c: Cells): void {
        const row = isConstant(this.session.trace.nodes[node]) ? null : this.session.checker.row(node);
        if (!row) return [c.numeric, c.forward, c.error, c.verdict].forEach((cell) => setText(cell, "–"));
        const at = row.at === undefined ? "" : t("of_element", { at: positionOf(this.session.trace.nodes[node].shape, row.at).join(", ") });
        for (const cell of [c.numeric, c.forward]) cell.title = at;
        set(c.numeric, row.numeric);
        set(c.forward, row.forward);
        setNumber(c.error, row.error, row.error === 0 ? "0" : row.error.toExponential(0), fullNumber(row.error));
        setText(c.verdict, row.pass ? `✓ ${t("pass")}` : `✗ ${t("fail")}`);
        setClass(c.row, "wrong", !row.pass);
        c.verdict.dataset.value = row.pass ? "pass" : "fail";
    }

    private summary(): void {
        if (this.session.tensors && !this.session.editable) return setText(this.status, `${t("tensors_checks")} ${whyFixed(this.session)}`);
        const rows = [...this.cells.keys()].filter((node) => !isConstant(this.session.trace.nodes[node])).map((node) => this.session.checker.row(node)!);
        const failed = rows.filter((r) => !r.pass).length;
        setText(this.status, failed === 0 ? t("all_pass", { count: rows.length }) : t("some_fail", { count: failed, all: rows.length }));
        const all = this.session.trace.nodes.filter((n) => !isHidden(n)).length;
        if (this.cells.size < all) setText(this.status, `${this.status.textContent} ${t("rows_shown", { shown: this.cells.size, all })}`);
        setClass(this.status, "alarm", failed > 0);
        this.wrong.replaceChildren(...this.wrongLocals());
    }
    // The row that is to blame, where a gradient is wrong because a local derivative of the trace is.
    private wrongLocals(): HTMLElement[] {
        const { trace, checker } = this.session;
        const found: HTMLElement[] = [];
        for (const node of this.cells.keys()) {
            for (const e of trace.nodes[node].inputs) {
                if (isConstant(trace.nodes[trace.edges[e].from])) continue;
                const local = checker.local(e);
                if (!local || local.pass) continue;
                const edge = `∂${nameOf(trace, node)}/∂${nameOf(trace, trace.edges[e].from)}`;
                found.push(h("li", { "data-testid": "wrong-local" }, t(trace.recorded ? "brought_wrong" : "local_wrong", { edge, local: shortNumber(local.told), numeric: shortNumber(local.numeric) })));
            }
        }
        return found.slice(0, 20);
    }
}
