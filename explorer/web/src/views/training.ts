// A slider over the steps of recorded trainings, their losses side by side, and the numbers of the chosen step.
import { h, setNumber, svg } from "../draw/dom";
import { t } from "../text/words";
import { fullNumber, shortNumber } from "../trace/notation";
import type { Run } from "../trace/training";
import type { Change, Session } from "../state/session";
import type { View } from "./view";

const size = { width: 360, height: 130 };
const most = 40; // rows of parameters

export class Training implements View {
    readonly element = h("section", { class: "panel training", "data-testid": "training", hidden: true });
    private readonly slider = h("input", { type: "range", min: 0, max: 0, value: 0, step: 1, id: "training-step", "data-testid": "training-step", oninput: () => this.go() });
    private readonly choice = h("select", { id: "run", "data-testid": "run", onchange: () => this.go() });
    private readonly label = h("label", { for: "training-step" });
    private readonly chart = svg("svg", { class: "losses", viewBox: `0 0 ${size.width} ${size.height}`, role: "img" });
    private readonly table = h("div", { class: "scroll", tabindex: 0, role: "group" });
    private readonly title = h("h2");
    private readonly note = h("p", { class: "quiet" });
    private readonly runs: Run[];

    constructor(private readonly session: Session) {
        this.runs = session.original.runs;
        this.runs.forEach((run, i) => this.choice.append(h("option", { value: i }, run.name)));
        this.element.hidden = this.runs.length === 0;
        const choose = h("div", { class: "edit" }, this.choice, this.label, this.slider);
        this.element.append(h("div", { class: "heading" }, this.title, choose), h("div", { class: "film" }, this.chart, this.table), this.note);
    }

    private get run(): Run {
        return this.runs[this.session.film.run];
    }
    private get step(): number {
        return this.session.film.step;
    }

    update(change: Change | "all"): void {
        if (this.runs.length === 0 || change === "place" || change === "node") return;
        this.slider.max = String(this.run.steps - 1);
        if (document.activeElement !== this.slider) this.slider.value = String(this.step);
        this.choice.value = String(this.session.film.run);
        this.title.textContent = t("training");
        this.choice.setAttribute("aria-label", t("run"));
        this.draw();
    }
    private go(): void {
        this.session.showStep(Number(this.choice.value) || 0, this.slider.valueAsNumber);
    }

    private draw(): void {
        const { run, step } = this;
        this.label.textContent = t("training_step", { at: step, of: run.steps - 1 });
        this.slider.setAttribute("aria-valuetext", `${this.label.textContent}, ${t("phase4")} ${shortNumber(run.loss[step])}`);
        const { graph } = this.session.film;
        this.note.textContent = graph === step ? t("training_walk") : t("training_numbers", { step: graph });
        this.curves();
        this.numbers();
    }

    private curves(): void {
        const all = this.runs.flatMap((r) => r.loss).filter((x) => x > 0 && Number.isFinite(x));
        const [low, high] = [Math.log10(Math.min(...all, 1)), Math.log10(Math.max(...all, 1e-300))];
        const longest = Math.max(...this.runs.map((r) => r.steps));
        const x = (k: number) => 44 + (k / Math.max(1, longest - 1)) * (size.width - 52);
        const y = (loss: number) => 8 + ((high - Math.log10(Math.max(loss, 10 ** low))) / Math.max(1e-9, high - low)) * (size.height - 30);
        const tick = (loss: number) => svg("text", { class: "tick", x: 40, y: y(loss) + 4, "text-anchor": "end" }, loss >= 0.01 && loss < 1000 ? String(Number(loss.toPrecision(2))) : loss.toExponential(0));
        // Told apart by their strokes too, and named at their ends
        const strokes = ["", "7 4", "2 3", "10 3 2 3"];
        const lines = this.runs.map((r, i) => svg("polyline", { class: `curve${r === this.run ? " chosen" : ""}`, "stroke-dasharray": strokes[i % 4], points: r.loss.map((l, k) => `${x(k).toFixed(1)},${y(l).toFixed(1)}`).join(" ") }));
        const names = this.runs.map((r, i) => svg("text", { class: "tick", x: 52 + i * 104, y: size.height - 4 }, `${["──", "╌╌", "···", "─·─"][i % 4]} ${r.name.slice(0, 12)}`));
        const here = svg("line", { class: "here", x1: x(this.step), x2: x(this.step), y1: 6, y2: size.height - 22 });
        this.chart.replaceChildren(here, ...lines, tick(10 ** high), tick(10 ** low), ...names);
        this.chart.setAttribute("aria-label", `${t("training_loss")}: ${this.runs.map((r) => `${r.name} ${shortNumber(r.loss[0])} → ${shortNumber(r.loss[r.loss.length - 1])}`).join("; ")}`);
    }

    private numbers(): void {
        const { run, step } = this;
        this.table.setAttribute("aria-label", t("training_numbers_of", { at: step }));
        const number = (x: number | undefined, testid?: string) => {
            const cell = h("td", { class: "number", "data-testid": testid });
            const there = x !== undefined && !Number.isNaN(x);
            setNumber(cell, there ? x : null, there ? shortNumber(x) : "–", there ? fullNumber(x) : "");
            return cell;
        };
        const rows: HTMLElement[] = [h("tr", {}, h("th", { scope: "row" }, t("phase4")), number(run.loss[step], "film-loss"), h("td"), h("td"), h("td"))];
        run.parameters.forEach((p, i) => {
            const states = run.state.filter((s) => s.parameter === i);
            p.series.forEach((series, k) => {
                if (rows.length > most) return;
                const name = p.series.length === 1 ? p.name : `${p.name}[${k}]`;
                const remembered = states.map((s) => `${s.name.replace(/^.*\./, "")} ${Number((s.series[k] ?? s.series[0])[step].toPrecision(3))}`).join(", "); // one count is of all
                rows.push(h("tr", {}, h("th", { scope: "row" }, name), number(series[step], `film-value-${name}`), number(p.gradients[k]?.[step], `film-grad-${name}`), h("td", { class: "number" }, remembered || "–"), number(series[step + 1], `film-next-${name}`)));
            });
        });
        const head = h("tr", {}, ...(["parameters", "value", "gradient", "state", "new_value"] as const).map((c) => h("th", { scope: "col" }, t(c))));
        this.table.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
    }
}
