// Predict what the next contribution will be, then see.
import { h } from "../draw/dom";
import { t } from "../text/words";
import { fullNumber, shortNumber, symbolOf } from "../trace/notation";
import { nameOf } from "../trace/trace";
import { judge } from "../state/quiz";
import type { TraceEvent } from "../trace/types";
import type { Change, Session } from "../state/session";
import { type View, derivativeName } from "./view";

export class Quiz implements View {
    readonly element = h("div", { class: "quiz", "data-testid": "quiz" });
    private readonly answer = h("input", { type: "text", inputmode: "decimal", id: "answer", "data-testid": "answer", autocomplete: "off" });
    private readonly reply = h("p", { class: "reply", role: "status", "data-testid": "quiz-reply" });
    private asked = -1; // the event that answers
    private right = 0;
    private all = 0;
    private judged = false;

    constructor(private readonly session: Session) {}

    /// The next contribution from here on, or -1.
    private nextQuestion(): number {
        const { events } = this.session.trace;
        for (let i = this.session.position; i < events.length; ++i) if (events[i].kind === "contribution" && Number.isFinite(events[i].product) && Number.isFinite(events[i].local)) return i;
        return -1;
    }

    update(change: Change | "all"): void {
        const next = this.nextQuestion();
        if (change === "node" || (change === "place" && next === this.asked)) return;
        if (next !== this.asked || change === "trace") this.reply.textContent = "";
        if (next !== this.asked) this.answer.value = "";
        this.judged = false;
        this.asked = next;
        this.draw();
    }

    private draw(): void {
        if (this.asked < 0) return this.element.replaceChildren(h("p", {}, t("quiz_done")), this.score());
        const event = this.session.trace.events[this.asked];
        const edge = this.session.trace.edges[event.edge];
        const about = h("p", { class: "question" }, t("quiz_about", { of: derivativeName(this.session, event.node) }));
        const given = h("p", { class: "quiet" }, `${derivativeName(this.session, edge.to)} = ${shortNumber(event.upstream)},  ${this.givens(event)}`);
        const form = h(
            "form",
            { onsubmit: (e: Event) => (e.preventDefault(), this.check()) },
            h("label", { for: "answer" }, t("quiz_answer")),
            this.answer,
            h("button", { type: "submit", "data-testid": "quiz-check" }, t("quiz_check")),
            h("button", { type: "button", "data-testid": "quiz-reveal", onclick: () => this.reveal() }, t("quiz_reveal")),
        );
        this.element.replaceChildren(about, given, form, this.reply, this.score());
    }
    // The numbers that one needs: those of the operation, without its slope.
    private givens(event: TraceEvent): string {
        const { trace } = this.session;
        const to = trace.edges[event.edge].to;
        const inputs = trace.nodes[to].inputs.map((e) => trace.edges[e].from).filter((n) => trace.nodes[n].op !== "constant");
        return [...new Set([...inputs, to])].map((n) => `${nameOf(trace, n)} = ${shortNumber(trace.nodes[n].value)}`).join(",  ");
    }
    private score(): HTMLElement {
        return h("p", { class: "quiet score" }, t("quiz_score", { right: this.right, all: this.all }));
    }

    private say(text: string, kind: string): void {
        this.reply.textContent = text;
        this.reply.dataset.kind = kind;
    }
    private check(): void {
        const text = this.answer.value.trim().replace("−", "-");
        const x = Number(text);
        if (text === "" || Number.isNaN(x)) return this.say(t("quiz_no_number", { text }), "wrong");
        const { trace } = this.session;
        const event = trace.events[this.asked];
        const edge = trace.edges[event.edge];
        const verdict = judge(trace, event, x);
        if (!this.judged) this.all += 1;
        if (verdict.kind === "right" && !this.judged) this.right += 1;
        this.judged = true;
        const of = derivativeName(this.session, edge.to);
        const factor = "factor" in verdict ? verdict.factor : symbolOf(trace, edge);
        const words = { product: fullNumber(event.product), factor, of: verdict.kind === "local" ? factor : of };
        this.say(t(`quiz_${verdict.kind}`, words), verdict.kind);
        this.element.querySelector(".score")?.replaceWith(this.score());
        if (verdict.kind === "right") this.offerNext();
    }
    private reveal(): void {
        const event = this.session.trace.events[this.asked];
        if (!this.judged) this.all += 1;
        this.judged = true;
        const numbers = { upstream: shortNumber(event.upstream), local: shortNumber(event.local), product: shortNumber(event.product) };
        this.say(t("quiz_is", numbers), "shown");
        this.element.querySelector(".score")?.replaceWith(this.score());
        this.offerNext();
    }
    private offerNext(): void {
        const next = h("button", { type: "button", "data-testid": "quiz-next", onclick: () => (this.session.go(this.asked + 1), this.answer.focus()) }, t("quiz_next"));
        this.reply.append(" ", next);
    }
}
