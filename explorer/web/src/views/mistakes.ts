// Two switches that show the wrong answer.
import { h, setClass } from "../draw/dom";
import { t } from "../text/words";
import { isConstant } from "../trace/trace";
import type { Session } from "../state/session";
import { whyFixed } from "./editor";
import type { View } from "./view";

export class MistakeSwitches implements View {
    readonly element = h("div", { class: "mistakes", "data-testid": "mistakes" });
    private readonly boxes: { key: "overwrite" | "keep"; box: HTMLInputElement; label: HTMLElement }[];
    private readonly about = h("p");
    private readonly result = h("p", { role: "status", "data-testid": "mistakes-result" });

    constructor(private readonly session: Session) {
        this.boxes = (["overwrite", "keep"] as const).map((key) => {
            const box = h("input", { type: "checkbox", id: `mistake-${key}`, "data-testid": `mistake-${key}`, onchange: () => session.setMistakes({ ...session.mistakes, [key]: box.checked }) });
            return { key, box, label: h("label", { for: `mistake-${key}` }) };
        });
        this.element.append(this.about, ...this.boxes.map(({ box, label }) => h("div", { class: "switch" }, box, label)), this.result);
    }

    update(): void {
        const { session } = this;
        this.about.textContent = session.tensors && !session.editable ? whyFixed(session) : t("mistakes_about");
        for (const { key, box, label } of this.boxes) {
            box.checked = session.mistakes[key];
            box.disabled = session.tensors !== null && !session.editable;
            label.textContent = t(key);
        }
        const on = session.mistakes.overwrite || session.mistakes.keep;
        const wrong = session.trace.nodes.filter((n, i) => !isConstant(n) && session.isWrong(i)).length;
        this.result.textContent = !on ? "" : wrong === 0 ? t("wrong_none") : t("wrong_rows", { count: wrong });
    }
}

/// Says on top of the page that what it shows is wrong on purpose.
export class Banner implements View {
    readonly element = h("div", { class: "banner", role: "status", "data-testid": "banner", hidden: true });
    constructor(private readonly session: Session) {}
    update(): void {
        const { mistakes, trace } = this.session;
        const wrong = [mistakes.overwrite && t("overwrite"), mistakes.keep && t("keep")].filter(Boolean).join("; ");
        const parts = [wrong !== "" && t("wrong_now", { what: wrong }), trace.omitted > 0 && t("omitted", { count: trace.omitted })];
        this.element.textContent = parts.filter(Boolean).join(" ");
        setClass(this.element, "told", wrong === "");
        this.element.hidden = this.element.textContent === "";
    }
}
