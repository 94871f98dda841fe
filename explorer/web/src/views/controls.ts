// Steps on and back, to either end, by itself, and to a node.
import { h, setClass, svg } from "../draw/dom";
import { t } from "../text/words";
import { findNode, nameOf } from "../trace/trace";
import type { Key } from "../text/en";
import type { Session } from "../state/session";
import type { View } from "./view";

// Triangles, and a bar where it ends: drawn, as fonts lack some of these signs.
const icons: Record<string, string> = {
    to_start: "M2 2v10h1.6V2zM12 2v10L5 7z",
    back_phase: "M5 3v8L1 7zM9 3v8L5 7zM13 3v8L9 7z",
    back_node: "M7 3v8L2 7zM12 3v8L7 7z",
    back: "M9.5 3v8L4 7z",
    step: "M4.5 3v8L10 7z",
    step_node: "M2 3v8l5-4zM7 3v8l5-4z",
    step_phase: "M1 3v8l4-4zM5 3v8l4-4zM9 3v8l4-4z",
    to_end: "M10.4 2v10H12V2zM2 2v10l7-5z",
};
const icon = (key: string): SVGElement => svg("svg", { width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("path", { d: icons[key], fill: "currentColor" }));

export class Controls implements View {
    readonly element = h("div", { class: "controls", role: "region" });
    private readonly buttons = new Map<Key, HTMLButtonElement>();
    private readonly play = h("button", { type: "button", class: "play", "data-testid": "play", onclick: () => this.toggle() });
    private readonly speed = h("select", { id: "speed", "data-testid": "speed", onchange: () => this.session.choose("speed", this.speed.value) });
    private readonly speedLabel = h("label", { for: "speed" });
    private readonly slider = h("input", { type: "range", min: 0, step: 1, class: "position", "data-testid": "position", oninput: () => this.session.go(this.slider.valueAsNumber) });
    private readonly where = h("output", { class: "where", "data-testid": "where" });
    private readonly goInput = h("input", { type: "text", list: "names", id: "go", "data-testid": "go", autocomplete: "off", spellcheck: "false" });
    private readonly goLabel = h("label", { for: "go" });
    private readonly complaint = h("span", { class: "complaint", role: "alert" });
    private readonly names = h("datalist", { id: "names" });
    private timer = 0;

    constructor(private readonly session: Session) {
        const button = (key: Key, testid: string, act: () => void) => {
            const b = h("button", { type: "button", "data-testid": testid, onclick: () => (this.pause(), act()) });
            this.buttons.set(key, b);
            return b;
        };
        for (const x of ["0.5", "1", "2", "5", "20"]) this.speed.append(h("option", { value: x }, `${x}×`));
        const walk = h(
            "div",
            { class: "walk" },
            button("to_start", "to-start", () => session.go(0)),
            button("back_phase", "back-phase", () => session.prevPhase()),
            button("back_node", "back-node", () => session.prevNode()),
            button("back", "back", () => session.prev()),
            button("step", "step", () => session.next()),
            button("step_node", "step-node", () => session.nextNode()),
            button("step_phase", "step-phase", () => session.nextPhase()),
            button("to_end", "to-end", () => session.go(session.size)),
            this.play,
        );
        const go = h("form", { class: "go", onsubmit: (e: Event) => (e.preventDefault(), this.find()) }, this.goLabel, this.goInput, this.names, this.complaint);
        this.element.append(walk, this.slider, this.where, h("div", { class: "speed" }, this.speedLabel, this.speed), go);
    }

    update(change: string): void {
        const { session } = this;
        if (change === "all") this.words();
        this.slider.max = String(session.size);
        this.slider.value = String(session.position);
        this.where.textContent = t("position", { at: session.position, of: session.size });
        this.slider.setAttribute("aria-valuetext", this.where.textContent);
        const atStart = session.position === 0;
        const atEnd = session.position === session.size;
        this.disable("to_start", atStart && session.phase >= 4);
        this.disable("back", atStart);
        this.disable("back_node", atStart);
        this.disable("back_phase", session.phase === 1);
        this.disable("step", atEnd && session.phase >= 5);
        this.disable("step_node", atEnd);
        this.disable("step_phase", session.phase === 7);
        this.disable("to_end", atEnd && session.phase === 5);
    }
    // Not `disabled`: a button that had the focus would lose it, and the keyboard its place. At an end it does nothing.
    private disable(key: Key, off: boolean): void {
        setClass(this.buttons.get(key)!, "idle", off);
    }

    private words(): void {
        this.element.setAttribute("aria-label", t("controls"));
        for (const [key, button] of this.buttons) {
            button.title = t(key);
            button.setAttribute("aria-label", t(key));
            const wide = key === "step" || key === "back";
            button.replaceChildren(icon(key), wide ? h("span", { class: "label" }, t(key)) : "");
            setClass(button, "wide", wide);
        }
        this.slider.setAttribute("aria-label", t("controls"));
        this.speedLabel.textContent = t("speed");
        this.speed.value = this.session.choices.speed;
        if (this.speed.value === "") this.speed.value = "2";
        this.goLabel.textContent = t("go_to");
        this.goInput.placeholder = t("go_to_hint");
        const { trace } = this.session;
        const labels = trace.nodes.filter((n) => n.label !== "").slice(0, 500);
        this.names.replaceChildren(...labels.map((n) => h("option", { value: n.label })));
        this.drawPlay();
    }

    private find(): void {
        const wanted = this.goInput.value.trim();
        const node = findNode(this.session.trace, wanted);
        this.complaint.textContent = node < 0 ? t("no_node", { name: wanted }) : "";
        if (node < 0) return;
        this.session.select(node);
        this.goInput.value = nameOf(this.session.trace, node);
        this.goInput.select();
    }
    focusGo(): void {
        this.goInput.focus();
        this.goInput.select();
    }

    toggle(): void {
        if (this.timer !== 0) return this.pause();
        if (this.session.position === this.session.size) this.session.go(0);
        const tick = () => {
            if (!this.session.next()) return this.pause();
            this.timer = window.setTimeout(tick, 1500 / Number(this.speed.value));
        };
        this.timer = window.setTimeout(tick, 0);
        this.drawPlay();
    }
    pause(): void {
        clearTimeout(this.timer);
        this.timer = 0;
        this.drawPlay();
    }
    private drawPlay(): void {
        const playing = this.timer !== 0;
        this.play.textContent = playing ? `❚❚ ${t("pause")}` : `▶ ${t("play")}`;
        this.play.setAttribute("aria-pressed", String(playing));
    }
}
