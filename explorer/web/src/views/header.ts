// Name of the run, language, theme, and the trace in other forms.
import { h } from "../draw/dom";
import { type Theme, chooseLanguage, chooseTheme, themeNow } from "../state/look";
import { type Language, language, t } from "../text/words";
import { shortNumber } from "../trace/notation";
import { isHidden, nameOf } from "../trace/trace";
import { backward } from "../trace/replay";
import { copyOf } from "../trace/trace";
import { cppOf } from "../export/cpp";
import { dotOf } from "../export/dot";
import { jsonOf } from "../export/json";
import { latexOf } from "../export/latex";
import type { Trace } from "../trace/types";
import type { Session } from "../state/session";
import type { View } from "./view";

const forms: Record<string, (trace: Trace) => string> = { LaTeX: latexOf, "C++": cppOf, DOT: dotOf, JSON: jsonOf };

// What is copied is right, whatever mistakes are shown.
function rightTrace(trace: Trace): Trace {
    const copy = copyOf(trace);
    const pass = backward(copy);
    copy.events = pass.events;
    copy.nodes.forEach((n, i) => (n.gradient = pass.gradients[i]));
    copy.edges.forEach((e, i) => (e.contribution = pass.contributions[i]));
    return copy;
}

export class Header implements View {
    readonly element = h("header", { class: "top" });
    private readonly dialog = h("dialog", { class: "sheet", "aria-labelledby": "sheet-title" });

    constructor(
        private readonly session: Session,
        private readonly redraw: () => void,
        private readonly openFile: (file: File) => void,
        private readonly remember: () => void, // in the address
    ) {
        document.body.append(this.dialog);
    }

    update(change: string): void {
        if (change === "place" || change === "node") return;
        if (change === "trace") return void this.element.querySelector(".loss")?.replaceWith(this.loss());
        const choose = <T extends string>(id: string, label: string, now: T, options: [T, string][], act: (x: T) => void) => {
            const select = h("select", { id, "data-testid": id, onchange: () => act(select.value as T) }, ...options.map(([value, text]) => h("option", { value, selected: value === now }, text)));
            return h("div", { class: "choice" }, h("label", { for: id, class: "hidden" }, label), select);
        };
        const copy = choose("copy", t("copy_as"), "", [["", `${t("copy_as")}…`], ...Object.keys(forms).map((f): [string, string] => [f, f])], (form) => this.copy(form));
        const file = h("input", { type: "file", accept: ".json,application/json", class: "hidden", id: "open", "data-testid": "open", tabindex: -1, "aria-label": t("open"), onchange: () => file.files?.[0] && this.openFile(file.files[0]) });
        this.element.replaceChildren(
            h("div", { class: "brand" }, h("h1", {}, t("title")), this.loss()),
            h(
                "div",
                { class: "choices" },
                copy,
                file,
                h("button", { type: "button", "data-testid": "open-button", onclick: () => file.click() }, t("open")),
                choose("language", t("language"), language(), [["en", "English"], ["zh", "中文"]], (x: Language) => this.setLanguage(x)),
                choose("theme", t("theme"), themeNow(), [["auto", t("theme_auto")], ["light", t("theme_light")], ["dark", t("theme_dark")]], (x: Theme) => this.setTheme(x)),
                h("button", { type: "button", "data-testid": "help", "aria-label": t("help"), onclick: () => this.help() }, "?"),
            ),
        );
    }
    private loss(): HTMLElement {
        const { trace } = this.session;
        const nodes = trace.nodes.filter((n) => !isHidden(n)).length;
        return h("p", { class: "loss" }, h("strong", {}, `${nameOf(trace, trace.root)} = ${shortNumber(trace.nodes[trace.root].value)}`), h("span", { class: "quiet" }, t("summary", { nodes, events: trace.events.length })));
    }

    setLanguage(to: Language): void {
        const focused = document.activeElement?.id;
        chooseLanguage(to);
        this.redraw();
        if (focused) document.getElementById(focused)?.focus();
    }
    setTheme(to: Theme): void {
        chooseTheme(to);
        this.remember();
        const select = this.element.querySelector<HTMLSelectElement>("#theme");
        if (select) select.value = to;
    }

    private async copy(form: string): Promise<void> {
        const select = this.element.querySelector<HTMLSelectElement>("#copy");
        if (select) select.value = "";
        if (!Object.hasOwn(forms, form)) return;
        const text = forms[form](rightTrace(this.session.trace));
        const area = h("textarea", { readonly: true, rows: 16, spellcheck: "false", "data-testid": "copied-text", "aria-label": form });
        area.value = text;
        const said = h("span", { role: "status", class: "quiet" });
        const put = async () => {
            try {
                await navigator.clipboard.writeText(text);
                said.textContent = t("copied");
            } catch {
                area.select(); // the reader copies it by hand
            }
        };
        this.show(form, area, h("p", {}, h("button", { type: "button", onclick: put }, t("copy_as"), " ", form), " ", said));
        area.select();
        await put();
    }
    help(): void {
        const keys: [string, string][] = [
            ["→ ←", t("key_step")],
            ["Shift → ←", t("key_node")],
            ["PageDown PageUp", t("key_phase")],
            ["End Home", t("key_ends")],
            ["Space", t("key_play")],
            ["g", t("key_go")],
            ["+ − 0", t("key_graph")],
            ["1 … 5", t("key_tabs")],
            ["d", t("key_theme")],
            ["l", t("key_language")],
            ["?", t("key_help")],
        ];
        this.show(t("help"), h("dl", { class: "keys" }, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])));
    }
    private show(title: string, ...content: HTMLElement[]): void {
        const close = h("button", { type: "button", "data-testid": "close", onclick: () => this.dialog.close() }, t("close"));
        this.dialog.replaceChildren(h("h2", { id: "sheet-title" }, title), ...content, close);
        if (!this.dialog.open) this.dialog.showModal();
    }
}
