// The selected node: what it is, and for a leaf another value, for an activation another one.
import { h } from "../draw/dom";
import { t } from "../text/words";
import { activations } from "../evaluate/functions";
import { isEdited } from "../evaluate/evaluate";
import { expressionOf, fullNumber } from "../trace/notation";
import { isConstant, isLeaf, nameOf } from "../trace/trace";
import type { Change, Session } from "../state/session";
import type { View } from "./view";

export class Inspector implements View {
    readonly element = h("section", { class: "panel inspector", "data-testid": "inspector" });
    private readonly number = h("input", { type: "text", inputmode: "decimal", id: "edit", "data-testid": "edit", spellcheck: "false", autocomplete: "off", onchange: () => this.take(this.number.value) });
    private readonly slider = h("input", { type: "range", step: "any", "data-testid": "slider", oninput: () => this.slide() });
    private drawn = -1;
    private center = 0; // of the slider, so that it stays where it is while it is pulled

    constructor(private readonly session: Session) {}

    update(change: Change | "all"): void {
        const { session } = this;
        const same = this.drawn === session.selected && change === "trace" && this.element.contains(document.activeElement);
        if (same) return this.numbers();
        this.draw();
    }

    private draw(): void {
        const { session } = this;
        const { trace, selected } = session;
        const n = trace.nodes[selected];
        this.drawn = selected;
        this.center = n.value;
        const parts: (HTMLElement | null)[] = [h("h2", {}, t("inspect", { name: nameOf(trace, selected) })), this.about(selected)];
        if (n.op === "folded") parts.push(h("p", { class: "quiet" }, trace.reason));
        if (isLeaf(n)) parts.push(...this.editor(selected));
        else if (activations.includes(n.op)) parts.push(this.activation(selected));
        if (isEdited(session.edits)) {
            parts.push(h("p", { class: "edited", "data-testid": "edited" }, t("edited"), " ", h("button", { type: "button", "data-testid": "reset", onclick: () => session.reset() }, t("reset"))));
        }
        this.element.replaceChildren(...parts.filter((p): p is HTMLElement => p !== null));
        this.numbers();
    }

    private about(node: number): HTMLElement {
        const { trace } = this.session;
        const n = trace.nodes[node];
        const line = isLeaf(n) ? t("is_leaf") : isConstant(n) ? t("is_constant") : t("is_result", { expression: expressionOf(trace, node) });
        const about = trace.operations.get(n.op);
        const facts = h("dl", {});
        const fact = (name: string, text: string) => text && facts.append(h("dt", {}, name), h("dd", {}, text));
        fact(t("formula"), about?.formula ?? "");
        fact(t("slope"), about?.derivative ?? "");
        fact(t("module"), n.module);
        return h("div", { class: "about" }, h("p", {}, line), facts.childElementCount > 0 ? facts : null);
    }

    private why(): HTMLElement {
        const { trace, unknown } = this.session;
        if (trace.recorded) return h("p", { class: "quiet", "data-testid": "cannot-edit" }, t("tensors_fixed"));
        return h("p", { class: "quiet", "data-testid": "cannot-edit" }, t("cannot_edit", { op: trace.nodes[unknown].op, name: nameOf(trace, unknown) }));
    }
    private editor(node: number): HTMLElement[] {
        if (!this.session.editable) return [this.why()];
        const name = nameOf(this.session.trace, node);
        this.slider.setAttribute("aria-label", t("slider", { name }));
        const reach = Math.max(2, 2 * Math.abs(this.center));
        this.slider.min = String(this.center - reach);
        this.slider.max = String(this.center + reach);
        return [h("div", { class: "edit" }, h("label", { for: "edit" }, t("change", { name })), this.number, this.slider)];
    }
    private activation(node: number): HTMLElement {
        const { session } = this;
        if (!session.editable) return this.why();
        const now = session.trace.nodes[node].op;
        const select = h("select", { id: "activation", "data-testid": "activation", onchange: () => session.setOperation(node, select.value) });
        for (const op of activations) select.append(h("option", { value: op, selected: op === now }, op));
        return h("div", { class: "edit" }, h("label", { for: "activation" }, t("activation", { name: nameOf(session.trace, node) })), select);
    }

    private numbers(): void {
        const { value, tensor } = this.session.trace.nodes[this.drawn];
        if (tensor >= 0) return;
        if (document.activeElement !== this.number || Number(this.number.value) !== value) this.number.value = fullNumber(value);
        if (document.activeElement !== this.slider) this.slider.value = String(value);
        this.number.removeAttribute("aria-invalid");
    }
    private take(text: string): void {
        const x = Number(text.trim().replace("−", "-"));
        if (text.trim() === "" || !Number.isFinite(x)) return this.number.setAttribute("aria-invalid", "true");
        this.session.setLeaf(this.drawn, x);
    }
    // Three digits are what a hand can mean.
    private slide(): void {
        const reach = Number(this.slider.max) - Number(this.slider.min);
        const grain = 10 ** Math.floor(Math.log10(reach / 400));
        this.session.setLeaf(this.drawn, Number((Math.round(this.slider.valueAsNumber / grain) * grain).toPrecision(12)));
    }
    focus(): void {
        if (this.element.contains(this.number)) this.number.focus(), this.number.select();
    }
}
