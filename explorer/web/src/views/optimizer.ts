// One step of an optimizer with its state: the sixth of the seven steps.
import { h } from "../draw/dom";
import { t } from "../text/words";
import { shortNumber } from "../trace/notation";
import { isLeaf, nameOf } from "../trace/trace";
import { type Memory, type Rule, type Step, rules, stepOf } from "../state/optimizer";
import type { Change, Session } from "../state/session";
import { whyFixed } from "./editor";
import { setNumbers } from "./quantity";
import type { View } from "./view";

// The course's inputs and targets: x, x1, t. They have gradients too, and nobody trains them.
const looksLikeData = (label: string): boolean => /^(x|t|input|target)_?\d*$/.test(label);

export class Optimizer implements View {
    readonly element = h("div", { class: "optimizer", "data-testid": "optimizer" });
    private readonly rule = h("select", { id: "rule", "data-testid": "rule", onchange: () => (this.session.choose("rule", this.rule.value), this.startOver()) });
    private readonly lr = h("input", { type: "text", inputmode: "decimal", id: "lr", "data-testid": "lr", oninput: () => (this.session.choose("lr", this.lr.value), this.update()) });
    private memory = new Map<number, Memory[]>(); // of every number
    private made = 0;
    private first: number | null = null;

    constructor(private readonly session: Session) {}

    private isChosen(node: number): boolean {
        return this.session.trained.get(node) ?? !looksLikeData(this.session.trace.nodes[node].label);
    }
    private leaves(): number[] {
        const { nodes } = this.session.trace;
        return nodes.map((_, i) => i).filter((i) => isLeaf(nodes[i]) && this.session.right[i] !== null);
    }
    private steps(): Map<number, Step[]> {
        const lr = Number(this.lr.value);
        const steps = new Map<number, Step[]>();
        for (const node of this.leaves()) {
            if (!this.isChosen(node)) continue;
            // The gradients that are shown, so that a mistake leads astray as it does in a program.
            const gradient = this.session.total(node);
            const memory = this.memory.get(node);
            steps.set(node, Array.from(this.session.numbers(node), (x, i) => stepOf(this.rule.value as Rule, lr, x, gradient?.[i] ?? 0, memory?.[i])));
        }
        return steps;
    }

    update(change?: Change | "all"): void {
        if (change === "place" || change === "node") return;
        if (change === "all" || this.rule.childElementCount === 0) {
            const { rule, lr } = this.session.choices;
            this.rule.replaceChildren(...rules.map((r) => h("option", { value: r, selected: r === rule }, t(r))));
            this.lr.value = lr;
        }
        if (!this.session.editable) {
            return this.element.replaceChildren(h("p", {}, whyFixed(this.session)));
        }
        const at = document.activeElement as HTMLElement;
        const focused = this.element.contains(at) ? at.dataset.testid : undefined;
        this.draw();
        // The keyboard stays where it was, in what is drawn anew.
        if (focused) this.element.querySelector<HTMLElement>(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
    }

    private draw(): void {
        const { session } = this;
        const { trace } = session;
        const steps = this.steps();
        const now = trace.nodes[trace.root].value;
        const next = session.lossWith(session.editsWith(numbersOf(steps)));
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

    private table(steps: Map<number, Step[]>): HTMLElement {
        const { session } = this;
        const { trace } = session;
        const number = (x: ArrayLike<number> | null | undefined, testid?: string) => {
            const cell = h("td", { class: "number", "data-testid": testid });
            setNumbers(cell, x ?? null);
            return cell;
        };
        const rule = this.rule.value as Rule;
        const state = rule === "sgd" ? [] : rule === "momentum" ? (["velocity"] as const) : (["first_moment", "second_moment"] as const);
        const columns = ["parameters", "value", "gradient", ...state, "change_by", "new_value"] as const;
        const rows = this.leaves().slice(0, 60).map((node) => {
            const step = steps.get(node);
            const name = nameOf(trace, node);
            const box = h("input", { type: "checkbox", checked: this.isChosen(node), id: `train-${node}`, "data-testid": `train-${name}`, onchange: () => (session.train(node, box.checked), this.update()) });
            const moments = (["first", "second"] as const).slice(0, state.length).map((m) => number(step?.map((s) => s.memory[m])));
            const value = session.numbers(node);
            return h("tr", {}, h("th", { scope: "row" }, box, h("label", { for: `train-${node}` }, name)), number(value), number(session.total(node)), ...moments, number(step?.map((s, i) => s.x - value[i])), number(step?.map((s) => s.x), `next-${name}`));
        });
        const head = h("tr", {}, ...columns.map((c) => h("th", { scope: "col" }, t(c))));
        return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": t("optimizer") }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
    }

    private apply(): void {
        const { session } = this;
        this.first ??= session.trace.nodes[session.trace.root].value;
        const steps = this.steps();
        for (const [node, step] of steps) this.memory.set(node, step.map((s) => s.memory));
        this.made += 1;
        session.setLeaves(numbersOf(steps));
    }
    private startOver(numbers = false): void {
        this.memory = new Map();
        this.made = 0;
        this.first = null;
        if (numbers) this.session.reset();
        else this.update();
    }
}

const numbersOf = (steps: ReadonlyMap<number, Step[]>): Map<number, number[]> => new Map([...steps].map(([node, all]) => [node, all.map((s) => s.x)]));
