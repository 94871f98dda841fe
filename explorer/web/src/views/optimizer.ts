// One step of an optimizer with its state: the sixth of the seven steps.
import { h, setNumber } from "../draw/dom";
import { edited } from "../evaluate/evaluate";
import { t } from "../text/words";
import { fullNumber, shortNumber } from "../trace/notation";
import { isLeaf, nameOf } from "../trace/trace";
import { type Memory, type Rule, type Step, rules, stepOf } from "../state/optimizer";
import type { Change, Session } from "../state/session";
import type { View } from "./view";

// The course's inputs and targets: x, x1, t. They have gradients too, and nobody trains them.
const looksLikeData = (label: string): boolean => /^(x|t|input|target)_?\d*$/.test(label);

export class Optimizer implements View {
    readonly element = h("div", { class: "optimizer", "data-testid": "optimizer" });
    private readonly rule = h("select", { id: "rule", "data-testid": "rule", onchange: () => this.startOver() });
    private readonly lr = h("input", { type: "text", inputmode: "decimal", id: "lr", "data-testid": "lr", value: "0.5", oninput: () => this.update() });
    private readonly chosen = new Map<number, boolean>();
    private memory = new Map<number, Memory>();
    private made = 0;
    private first: number | null = null;

    constructor(private readonly session: Session) {}

    private isChosen(node: number): boolean {
        return this.chosen.get(node) ?? !looksLikeData(this.session.trace.nodes[node].label);
    }
    private leaves(): number[] {
        const { nodes } = this.session.trace;
        return nodes.map((_, i) => i).filter((i) => isLeaf(nodes[i]) && this.session.right[i] !== null);
    }
    private steps(): Map<number, Step> {
        const lr = Number(this.lr.value);
        const steps = new Map<number, Step>();
        for (const node of this.leaves()) {
            if (!this.isChosen(node)) continue;
            // The gradients that are shown, so that a mistake leads astray as it does in a program.
            const gradient = this.session.trace.nodes[node].gradient ?? 0;
            steps.set(node, stepOf(this.rule.value as Rule, lr, this.session.trace.nodes[node].value, gradient, this.memory.get(node)));
        }
        return steps;
    }

    update(change?: Change | "all"): void {
        if (change === "place" || change === "node") return;
        if (change === "all" || this.rule.childElementCount === 0) {
            const now = this.rule.value || "sgd";
            this.rule.replaceChildren(...rules.map((r) => h("option", { value: r, selected: r === now }, t(r))));
        }
        if (!this.session.editable) {
            const { trace, unknown } = this.session;
            return this.element.replaceChildren(h("p", {}, trace.recorded ? t("tensors_fixed") : t("cannot_edit", { op: trace.nodes[unknown].op, name: nameOf(trace, unknown) })));
        }
        const focused = document.activeElement;
        this.draw();
        if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus();
    }

    private draw(): void {
        const { session } = this;
        const { trace } = session;
        const steps = this.steps();
        const edits = { values: new Map([...session.edits.values, ...[...steps].map(([n, s]): [number, number] => [n, s.x])]), operations: session.edits.operations };
        const now = trace.nodes[trace.root].value;
        const next = edited(session.original, edits).nodes[trace.root].value;
        const said = [t("would_be", { now: shortNumber(now), next: shortNumber(next) })];
        if (this.made > 0) said.push(t("steps_made", { count: this.made, first: shortNumber(this.first!), now: shortNumber(now) }));
        const form = h("div", { class: "edit" }, h("label", { for: "rule" }, t("rule")), this.rule, h("label", { for: "lr" }, t("lr")), this.lr);
        const buttons = h(
            "div",
            { class: "buttons" },
            h("button", { type: "button", class: "primary", "data-testid": "apply", onclick: () => this.apply() }, t("apply")),
            h("button", { type: "button", "data-testid": "start-over", onclick: () => this.startOver(true) }, t("start_over")),
        );
        this.element.replaceChildren(h("p", {}, `${t("optimizer_about")} ${t("train_which")}`), form, this.table(steps), h("p", { role: "status", "data-testid": "optimizer-said" }, said.join(" ")), buttons);
    }

    private table(steps: Map<number, Step>): HTMLElement {
        const { trace } = this.session;
        const number = (x: number | undefined, testid?: string) => {
            const cell = h("td", { class: "number", "data-testid": testid });
            setNumber(cell, x ?? null, x === undefined ? "–" : shortNumber(x), x === undefined ? "" : fullNumber(x));
            return cell;
        };
        const rule = this.rule.value as Rule;
        const state = rule === "sgd" ? [] : rule === "momentum" ? (["velocity"] as const) : (["first_moment", "second_moment"] as const);
        const columns = ["parameters", "value", "gradient", ...state, "change_by", "new_value"] as const;
        const rows = this.leaves().slice(0, 60).map((node) => {
            const step = steps.get(node);
            const name = nameOf(trace, node);
            const box = h("input", { type: "checkbox", checked: this.isChosen(node), id: `train-${node}`, onchange: () => (this.chosen.set(node, box.checked), this.update()) });
            const moments = [step?.memory.first, step?.memory.second].slice(0, state.length).map((x) => number(x));
            const value = trace.nodes[node].value;
            return h("tr", {}, h("th", { scope: "row" }, box, h("label", { for: `train-${node}` }, name)), number(value), number(trace.nodes[node].gradient ?? 0), ...moments, number(step && step.x - value), number(step?.x, `next-${name}`));
        });
        const head = h("tr", {}, ...columns.map((c) => h("th", { scope: "col" }, t(c))));
        return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": t("optimizer") }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
    }

    private apply(): void {
        const { session } = this;
        this.first ??= session.trace.nodes[session.trace.root].value;
        const steps = this.steps();
        for (const [node, step] of steps) this.memory.set(node, step.memory);
        this.made += 1;
        session.setLeaves(new Map([...steps].map(([node, step]) => [node, step.x])));
    }
    private startOver(numbers = false): void {
        this.memory = new Map();
        this.made = 0;
        this.first = null;
        if (numbers) this.session.reset();
        else this.update();
    }
}
