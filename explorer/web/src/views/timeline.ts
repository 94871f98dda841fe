// The seven steps of training by number, and the events of the fifth.
import { h, setClass, setText } from "../draw/dom";
import { ruleOf } from "../text/rules";
import { t } from "../text/words";
import type { Phase, Session } from "../state/session";
import { nameOf } from "../trace/trace";
import { shortNumber } from "../trace/notation";
import type { View } from "./view";

const phases = [1, 2, 3, 4, 5, 6, 7] as const;

export class Timeline implements View {
    readonly element = h("nav", { class: "timeline", "data-testid": "timeline" });
    private readonly buttons: HTMLButtonElement[];
    private readonly titles = phases.map(() => h("span"));
    private readonly share = h("span", { class: "share" });
    private readonly live = h("div", { class: "hidden", "aria-live": "polite", role: "status", "data-testid": "live" });

    constructor(private readonly session: Session) {
        this.buttons = phases.map((phase) =>
            h("button", { type: "button", "data-testid": `phase-${phase}`, style: "--done: 0;", onclick: () => session.toPhase(phase as Phase) }, h("span", { class: "digit", "aria-hidden": "true" }, String(phase)), h("span", { class: "title" }, h("span", { class: "hidden" }, `${phase} `), this.titles[phase - 1]), phase === 5 && this.share),
        );
        this.element.append(h("ol", {}, ...this.buttons.map((b) => h("li", {}, b))), this.live);
    }

    update(): void {
        const { session } = this;
        this.element.setAttribute("aria-label", t("phases"));
        phases.forEach((phase, i) => {
            const button = this.buttons[i];
            setText(this.titles[i], t(`phase${phase}`));
            if (phase === 5) setText(this.share, ` ${session.position}/${session.size}`);
            button.style.setProperty("--done", phase === 5 ? String(session.position / session.size) : phase <= session.phase ? "1" : "0");
            button.removeAttribute("aria-current");
            setClass(button, "past", phase < session.phase);
            if (session.phase === phase) button.setAttribute("aria-current", "step");
        });
        this.live.textContent = this.said();
    }

    /// What a screen reader says after each step.
    private said(): string {
        const { session } = this;
        const event = session.walk.event;
        if (session.phase !== 5 || !event) return session.phase === 5 ? "" : t(`said${session.phase as 1 | 2 | 3 | 4 | 6 | 7}`);
        const name = (node: number) => nameOf(session.trace, node);
        const of = `d${name(session.trace.root)}/d${name(event.node)}`;
        const at = t("says_position", { at: session.position, of: session.size });
        if (event.kind === "complete") return `${at} ${t("card_complete", { name: name(event.node) })} ${of} = ${shortNumber(event.after)}`;
        if (event.kind === "seed") return `${at} ${of} = ${shortNumber(event.after)}`;
        const edge = session.trace.edges[event.edge];
        if (edge.vjp !== "" && session.trace.recorded) return `${at} ${of} += ${ruleOf(session.trace, edge)}`;
        return `${at} ${of} += ${shortNumber(event.upstream)} × ${shortNumber(event.local)} = ${shortNumber(event.product)}`;
    }
}
