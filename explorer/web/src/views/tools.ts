// Tabs, of which one is open.
import { h } from "../draw/dom";
import { t } from "../text/words";
import type { Key } from "../text/en";
import type { Change, Session } from "../state/session";
import type { View } from "./view";

export interface Tool {
    key: Key;
    view: View;
}

export class Tools implements View {
    readonly element = h("section", { class: "panel tools", "data-testid": "tools" });
    private readonly tabs: HTMLButtonElement[];
    private shown = 0;

    constructor(
        private readonly session: Session,
        private readonly tools: Tool[],
    ) {
        const list = h("div", { class: "tabs", role: "tablist", onkeydown: (e: KeyboardEvent) => this.key(e) });
        this.tabs = tools.map(({ key }, i) => {
            const tab = h("button", { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": `panel-${key}`, "data-testid": `tab-${key}`, onclick: () => this.show(i) });
            list.append(tab);
            return tab;
        });
        this.element.append(list);
        tools.forEach(({ key, view }) => {
            view.element.setAttribute("role", "tabpanel");
            view.element.id = `panel-${key}`;
            view.element.setAttribute("aria-labelledby", `tab-${key}`);
            view.element.tabIndex = 0;
            this.element.append(view.element);
        });
        this.mark();
    }

    update(change: Change | "all"): void {
        if (change === "all") this.shown = Math.max(0, this.tools.findIndex(({ key }) => key === this.session.choices.tool));
        if (change === "all") this.mark();
        if (change === "all") this.tools.forEach(({ key }, i) => (this.tabs[i].textContent = t(key)));
        if (change === "all") for (const { view } of this.tools) view.update("all");
        else this.tools[this.shown].view.update(change);
    }
    private mark(): void {
        this.tabs.forEach((tab, i) => {
            tab.setAttribute("aria-selected", String(i === this.shown));
            tab.tabIndex = i === this.shown ? 0 : -1;
            this.tools[i].view.element.hidden = i !== this.shown;
        });
    }
    open(key: string): void {
        this.show(this.tools.findIndex((tool) => tool.key === key));
    }
    show(tool: number): void {
        if (tool < 0 || tool >= this.tools.length) return;
        this.shown = tool;
        this.session.choose("tool", this.tools[tool].key);
        this.mark();
        this.tools[tool].view.update("all");
    }
    focus(tool: number): void {
        this.show(tool);
        this.tabs[this.shown].focus();
    }
    private key(event: KeyboardEvent): void {
        const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (by === 0) return;
        event.preventDefault();
        event.stopPropagation();
        this.focus((this.shown + by + this.tools.length) % this.tools.length);
    }
}
