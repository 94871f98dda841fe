// The selected node: what it is, and for a leaf another value, for an activation another one.
import { h } from "../draw/dom";
import { translated } from "../text/rules";
import { t } from "../text/words";
import { activations } from "../evaluate/functions";
import { isEdited } from "../evaluate/evaluate";
import { expressionOf } from "../trace/notation";
import { isConstant, isLeaf, nameOf } from "../trace/trace";
import type { Change, Session } from "../state/session";
import { NumberEditor, whyFixed } from "./editor";
import type { View } from "./view";

export class Inspector implements View {
    readonly element = h("section", { class: "panel inspector", "data-testid": "inspector" });
    private readonly edit = new NumberEditor("edit", (x) => this.session.setLeaf(this.drawn, x));
    private drawn = -1;

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
        const parts: (HTMLElement | null)[] = [h("h2", {}, t("inspect", { name: nameOf(trace, selected) })), this.about(selected)];
        if (n.op === "folded") parts.push(h("p", { class: "quiet" }, t("omitted", { count: trace.omitted })));
        if (isLeaf(n)) parts.push(...this.editor(selected));
        else if (activations.includes(n.op) && (!session.editable || session.takesFunction(selected))) parts.push(this.activation(selected));
        if (isEdited(session.edits)) {
            parts.push(h("p", { class: "edited", "data-testid": "edited" }, t("edited"), session.tensors ? ` ${t("edited_constants")}` : "", " ", h("button", { type: "button", "data-testid": "reset", onclick: () => session.reset() }, t("reset"))));
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
        fact(t("formula"), translated(about?.formula ?? ""));
        fact(t("slope"), translated(about?.derivative ?? ""));
        fact(t("module"), n.module);
        return h("div", { class: "about" }, h("p", {}, line), facts.childElementCount > 0 ? facts : null);
    }

    private why(): HTMLElement {
        return h("p", { class: "quiet", "data-testid": "cannot-edit" }, whyFixed(this.session));
    }
    private editor(node: number): HTMLElement[] {
        const { session } = this;
        if (!session.editable) return [this.why()];
        const n = session.trace.nodes[node];
        if (n.tensor >= 0) return [h("p", { class: "quiet", "data-testid": "edit-elements" }, t("edit_elements"))];
        this.edit.open(nameOf(session.trace, node), n.value);
        return [this.edit.element];
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
        if (tensor < 0) this.edit.show(value);
    }
    focus(): void {
        const { number } = this.edit;
        if (this.element.contains(number)) number.focus(), number.select();
    }
}
