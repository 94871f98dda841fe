// The numbers of a tensor as a heat map; an element opens as the scalars that make it.
import { h, setNumber, svg } from "../draw/dom";
import { t } from "../text/words";
import { elementOf, positionOf } from "../trace/elements";
import { fullNumber, shortNumber } from "../trace/notation";
import { isLeaf, nameOf } from "../trace/trace";
import type { Tensor } from "../trace/types";
import { shapeText } from "../trace/quantity";
import type { Change, Session } from "../state/session";
import { NumberEditor, whyFixed } from "./editor";
import type { View } from "./view";

const most = 4096; // cells of one picture

export class TensorView implements View {
    readonly element = h("section", { class: "panel tensor", "data-testid": "tensor", hidden: true });
    private face: "value" | "gradient" = "value";
    private slice = 0;
    private at = -1; // the open element
    private node = -1;
    private readonly edit = new NumberEditor("edit-element", (x) => this.session.setElement(this.node, this.at, x));
    private edited = ""; // the element that it is about

    constructor(private readonly session: Session) {}

    update(change: Change | "all"): void {
        const { session } = this;
        const n = session.trace.nodes[session.selected];
        this.element.hidden = n.tensor < 0;
        if (n.tensor < 0) return this.element.replaceChildren();
        const first = this.node < 0;
        if (session.selected !== this.node) {
            const at = first ? Number(session.choices.element) : -1; // the one of the address
            this.at = at < n.shape.reduce((a, b) => a * b, 1) ? at : -1;
            session.choices.element = String(this.at);
            [this.node, this.slice] = [session.selected, 0];
        }
        // Backward brings gradients: that is what one wants to see then.
        if (change === "place" || first) this.face = session.walk.tensors[this.node] >= 0 ? "gradient" : "value";
        this.draw();
    }

    private get shown(): Tensor | null {
        const { trace, walk } = this.session;
        const place = this.face === "value" ? trace.nodes[this.node].tensor : walk.tensors[this.node];
        return place >= 0 ? trace.tensors[place] : null;
    }

    private draw(): void {
        const { trace } = this.session;
        const tensor = this.shown;
        const choose = (["value", "gradient"] as const).map((face) =>
            h("button", { type: "button", "aria-pressed": String(face === this.face), "data-testid": `tensor-${face}`, onclick: () => ((this.face = face), this.draw()) }, t(face)),
        );
        const title = h("div", { class: "heading" }, h("h2", {}, t("tensor", { name: nameOf(trace, this.node), shape: shapeText(trace.nodes[this.node].shape) })), h("div", { class: "bar" }, ...choose));
        if (!tensor) return this.element.replaceChildren(title, h("p", { class: "quiet" }, `${t("gradient")}: ${t("not_yet")}`));
        const s = tensor.statistics;
        const facts = t("tensor_facts", { min: shortNumber(s.min), max: shortNumber(s.max), mean: shortNumber(s.mean), norm: shortNumber(s.norm), zeros: s.zeros, dtype: tensor.dtype });
        const open = h("div", { class: "opened" });
        this.element.replaceChildren(title, h("p", { class: "quiet facts" }, facts, s.bad > 0 ? ` ${t("tensor_bad", { count: s.bad })}` : ""), ...this.slices(tensor), this.picture(tensor), h("p", { class: "quiet" }, tensor.every > 1 ? t("tensor_sample", { every: tensor.every }) : t("tensor_open")), open);
        if (this.at >= 0) open.replaceChildren(...this.opened());
    }

    private rows(tensor: Tensor): [number, number] {
        const { shape } = tensor;
        if (tensor.every > 1 || shape.length < 2) {
            const count = tensor.values.length;
            const columns = tensor.every > 1 || count > 24 ? Math.ceil(Math.sqrt(count)) : Math.max(1, count);
            return [Math.ceil(count / columns), columns];
        }
        return [shape[shape.length - 2], shape[shape.length - 1]];
    }
    private slices(tensor: Tensor): HTMLElement[] {
        const [rows, columns] = this.rows(tensor);
        const count = Math.ceil(tensor.values.length / Math.max(1, rows * columns));
        if (count <= 1) return [];
        this.slice = Math.min(this.slice, count - 1);
        const position = positionOf(tensor.shape.slice(0, -2), this.slice).join(", ");
        const input = h("input", { type: "range", min: 0, max: count - 1, value: this.slice, id: "slice", "data-testid": "slice", oninput: () => ((this.slice = input.valueAsNumber), this.draw(), document.getElementById("slice")?.focus()) });
        return [h("div", { class: "edit" }, h("label", { for: "slice" }, t("tensor_slice", { position })), input)];
    }

    private picture(tensor: Tensor): Element {
        const [rows, columns] = this.rows(tensor);
        const first = this.slice * rows * columns;
        const values = tensor.values.slice(first, first + Math.min(rows * columns, most));
        const side = Math.max(4, Math.min(44, 360 / columns));
        const height = Math.max(4, Math.min(side, 26));
        const top = Math.max(...values.map(Math.abs).filter(Number.isFinite), 1e-300);
        const numbers = side >= 34;
        const cellOf = (e: Event) => (e.target as Element).closest<SVGElement>(".cell");
        const act = (e: Event) => this.open(Number(cellOf(e)!.dataset.at));
        const picture = svg("svg", {
            class: "heat", viewBox: `0 0 ${columns * side} ${rows * height}`, width: columns * side, height: rows * height, role: "group", "aria-label": t("tensor_open"), "data-testid": "heat",
            onclick: (e: Event) => cellOf(e) && act(e),
            onkeydown: (e: KeyboardEvent) => cellOf(e) && this.key(e, () => act(e), columns),
            onmouseover: (e: Event) => explain(cellOf(e)),
        });
        // All digits, for the cell under the pointer: for every one they took longer than the rest of a step.
        const explain = (cell: SVGElement | null) => {
            if (!cell || cell.querySelector("title")) return;
            const at = Number(cell.dataset.at);
            cell.append(svg("title", {}, `[${positionOf(tensor.shape, at).join(", ")}] = ${fullNumber(tensor.values[at / tensor.every])}`));
        };
        values.forEach((x, i) => {
            const [row, column] = [Math.floor(i / columns), i % columns];
            const at = (first + i) * tensor.every;
            const sign = Number.isFinite(x) ? (x < 0 ? "negative" : "positive") : "bad";
            const text = numbers ? twoDigits(x) : "";
            const about = { class: `cell ${sign}${at === this.at ? " open" : ""}`, "data-at": at, role: "button", tabindex: i === 0 || at === this.at ? 0 : -1, "aria-label": `${text} [${positionOf(tensor.shape, at).join(", ")}] = ${shortNumber(x)}` };
            const box = { x: column * side, y: row * height, width: side, height, "fill-opacity": Number.isFinite(x) ? (0.08 + (0.7 * Math.abs(x)) / top).toFixed(3) : 1 };
            if (!numbers) return picture.append(svg("rect", { ...about, ...box }));
            const label = svg("text", { x: column * side + side / 2, y: row * height + height / 2 + 3.5, "text-anchor": "middle", "aria-hidden": "true" }, text);
            picture.append(svg("g", about, svg("rect", box), label));
        });
        return h("div", { class: "scroll" }, picture);
    }
    private key(e: KeyboardEvent, act: () => void, columns: number): void {
        const by: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
        if (e.key === "Enter" || e.key === " ") act();
        else if (Object.hasOwn(by, e.key)) {
            const cells = [...this.element.querySelectorAll<SVGElement>(".cell")];
            cells[cells.indexOf((e.target as Element).closest<SVGElement>(".cell")!) + by[e.key]]?.focus();
        } else return;
        e.preventDefault();
        e.stopPropagation();
    }

    private open(at: number): void {
        this.at = at;
        this.session.choose("element", String(at));
        this.element.querySelector<SVGElement>(".cell.open")?.focus({ preventScroll: true });
    }
    private editor(name: string, x: number): HTMLElement {
        if (!this.session.editable) return h("p", { class: "quiet" }, whyFixed(this.session));
        if (this.edited !== name) this.edit.open(name, x);
        this.edited = name;
        this.edit.show(x);
        return this.edit.element;
    }
    private opened(): HTMLElement[] {
        const { trace } = this.session;
        const n = trace.nodes[this.node];
        const name = `${nameOf(trace, this.node)}[${positionOf(n.shape, this.at).join(", ")}]`;
        const element = elementOf(trace, this.node, this.at, (i) => nameOf(trace, i));
        const tensor = this.shown!;
        const shown = h("p", {}, h("strong", {}, name), ` ${this.face === "gradient" ? t("gradient") : t("value")}: `, h("span", { class: "number" }, fullNumber(tensor.values[this.at / tensor.every])));
        if (isLeaf(n) && this.face === "value") return [shown, this.editor(name, tensor.values[this.at / tensor.every])];
        if (!element) return [shown];
        let total = 0;
        const number = (x: number) => {
            const cell = h("td", { class: "number" });
            setNumber(cell, x, shortNumber(x), fullNumber(x));
            return cell;
        };
        const rows = element.parts.slice(0, 200).map((p) => {
            total += p.value;
            return h("tr", { "data-testid": "term-row" }, h("th", { scope: "row" }, p.text), number(p.value), element.sum ? number(total) : null);
        });
        const how = element.sum ? t("element_sum", { name }) : t("element_of", { name, op: n.op });
        return [shown, h("p", { class: "quiet" }, how), h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": how }, h("table", {}, h("tbody", {}, ...rows, h("tr", { class: "sum" }, h("th", { scope: "row" }, name), number(element.value), element.sum ? h("td") : null))))];
    }
}

// As short as two digits can be.
function twoDigits(x: number): string {
    const [plain, power] = [String(Number(x.toPrecision(2))), x.toExponential(0)];
    return plain.length > 6 && power.length < plain.length ? power : plain;
}
