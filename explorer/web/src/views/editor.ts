// A number that the reader may change, by typing and by pulling, or why it cannot be changed.
import { h } from "../draw/dom";
import { t } from "../text/words";
import { fullNumber } from "../trace/notation";
import { nameOf } from "../trace/trace";
import type { Session } from "../state/session";

export function whyFixed(session: Session): string {
    const { obstacle, trace } = session;
    if (!obstacle) return "";
    const name = nameOf(trace, obstacle.node);
    if (obstacle.why === "sample") return t("cannot_sample", { name });
    if (obstacle.why === "unkept") return t("cannot_unkept", { name });
    return t("cannot_edit", { op: trace.nodes[obstacle.node].op, name });
}

export class NumberEditor {
    readonly number: HTMLInputElement;
    private readonly slider: HTMLInputElement;
    private readonly label: HTMLLabelElement;
    readonly element: HTMLElement;

    constructor(
        id: string,
        private readonly set: (x: number) => void,
    ) {
        this.number = h("input", { type: "text", inputmode: "decimal", id, "data-testid": "edit", spellcheck: "false", autocomplete: "off", onchange: () => this.take(this.number.value) });
        this.slider = h("input", { type: "range", step: "any", "data-testid": "slider", oninput: () => this.slide() });
        this.label = h("label", { for: id });
        this.element = h("div", { class: "edit" }, this.label, this.number, this.slider);
    }

    /// Of another number: the slider stays where it is while it is pulled.
    open(name: string, x: number): void {
        this.label.textContent = t("change", { name });
        this.slider.setAttribute("aria-label", t("slider", { name }));
        const reach = Math.max(2, 2 * Math.abs(x));
        this.slider.min = String(x - reach);
        this.slider.max = String(x + reach);
        this.show(x);
    }
    show(x: number): void {
        if (document.activeElement !== this.number || Number(this.number.value) !== x) this.number.value = fullNumber(x);
        if (document.activeElement !== this.slider) this.slider.value = String(x);
        this.number.removeAttribute("aria-invalid");
    }
    private take(text: string): void {
        const x = Number(text.trim().replace("−", "-"));
        if (text.trim() === "" || !Number.isFinite(x)) return this.number.setAttribute("aria-invalid", "true");
        this.set(x);
    }
    // Three digits are what a hand can mean.
    private slide(): void {
        const reach = Number(this.slider.max) - Number(this.slider.min);
        const grain = 10 ** Math.floor(Math.log10(reach / 400));
        this.set(Number((Math.round(this.slider.valueAsNumber / grain) * grain).toPrecision(12)));
    }
}
