// The error of a difference over its step h: a V, as too large a step bends and too small a one loses digits.
import { h, svg } from "../draw/dom";
import { simpleDifference } from "../evaluate/check";
import { TensorChecker } from "../evaluate/tensor_check";
import { t } from "../text/words";
import { positionOf } from "../trace/elements";
import { nameOf } from "../trace/trace";
import type { Change, Session } from "../state/session";
import { whyFixed } from "./editor";
import type { View } from "./view";

const width = 340;
const height = 190;
const frame = { left: 40, right: 10, top: 10, bottom: 28 };
const low = -15; // of log10 h
const high = 0;
const floor = -17; // where an error of 0 is drawn
const x = (logH: number) => frame.left + ((logH - low) / (high - low)) * (width - frame.left - frame.right);
const y = (logError: number) => frame.top + ((2 - logError) / (2 - floor)) * (height - frame.top - frame.bottom);
const logOf = (error: number) => Math.max(floor, Math.min(2, Math.log10(error))); // NaN: there is nothing to draw
const power = (k: number) => `1e${k}`;

export class Steps implements View {
    readonly element = h("div", { class: "steps", "data-testid": "steps" });
    private readonly about = h("p");
    private readonly plot = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "data-testid": "v-plot" });
    private readonly label = h("label", { for: "h" });
    private readonly slider = h("input", { type: "range", id: "h", "data-testid": "h", min: -10, max: 0, step: 0.25, oninput: () => this.session.setStep(10 ** this.slider.valueAsNumber) });
    private readonly said = h("p", { class: "quiet", role: "status" });

    constructor(private readonly session: Session) {
        this.element.append(this.about, this.plot, h("div", { class: "edit" }, this.label, this.slider), this.said);
    }

    update(change: Change | "all"): void {
        if (change === "place" && this.shown === this.session.selected) return;
        const { session } = this;
        const { trace, selected } = session;
        this.shown = selected;
        const element = trace.nodes[selected].tensor >= 0 && session.checker instanceof TensorChecker ? `[${positionOf(trace.nodes[selected].shape, session.checker.mainElement(selected)).join(", ")}]` : "";
        const name = nameOf(trace, selected) + element;
        this.about.textContent = t("steps_about", { name });
        this.label.textContent = `${t("h")} = ${session.step.toExponential(1)}`;
        this.slider.value = String(Math.log10(session.step));
        const loss = session.checker.lossOf(selected);
        if (!loss) {
            this.plot.replaceChildren();
            this.said.textContent = whyFixed(session);
            return;
        }
        const { checker } = session;
        const [gradient, value] = checker instanceof TensorChecker ? [checker.gradientOf(selected), checker.valueOf(selected)] : [session.right[selected] ?? 0, trace.nodes[selected].value];
        const errorAt = (step: number) => Math.abs(simpleDifference(loss, value, step) - gradient);
        this.draw(errorAt);
        this.said.textContent = `${t("at_h", { h: session.step.toExponential(1), error: errorAt(session.step).toExponential(1) })} ${t("table_h")}`;
        this.plot.setAttribute("aria-label", `${this.about.textContent} ${this.said.textContent}`);
    }
    private shown = -1;

    private draw(errorAt: (step: number) => number): void {
        const parts: Element[] = [];
        for (let k = low; k <= high; k += 3) {
            parts.push(svg("line", { class: "grid", x1: x(k), x2: x(k), y1: frame.top, y2: height - frame.bottom }));
            parts.push(svg("text", { class: "tick", x: x(k), y: height - 10, "text-anchor": "middle" }, power(k)));
        }
        for (const k of [-15, -10, -5, 0]) {
            parts.push(svg("line", { class: "grid", x1: frame.left, x2: width - frame.right, y1: y(k), y2: y(k) }));
            parts.push(svg("text", { class: "tick", x: frame.left - 4, y: y(k) + 3, "text-anchor": "end" }, power(k)));
        }
        const points: string[] = [];
        for (let k = low; k <= high; k += 0.125) {
            const error = logOf(errorAt(10 ** k));
            if (!Number.isNaN(error)) points.push(`${x(k).toFixed(1)},${y(error).toFixed(1)}`);
        }
        parts.push(svg("polyline", { class: "curve", points: points.join(" ") }));
        const here = Math.log10(this.session.step);
        parts.push(svg("line", { class: "here", x1: x(here), x2: x(here), y1: frame.top, y2: height - frame.bottom }));
        const error = logOf(errorAt(this.session.step));
        if (!Number.isNaN(error)) parts.push(svg("circle", { class: "here", cx: x(here), cy: y(error), r: 4 }));
        this.plot.replaceChildren(...parts);
    }
}
