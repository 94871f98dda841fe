// Everything by keyboard. What is typed into a field belongs to the field.
import { themeNow } from "../state/look";
import type { Session } from "../state/session";
import { language } from "../text/words";
import type { Controls } from "./controls";
import type { Graph } from "./graph";
import type { Header } from "./header";
import type { Tools } from "./tools";

export function listenToKeys(session: Session, controls: Controls, graph: Graph, tools: Tools, header: Header): (event: KeyboardEvent) => void {
    const nextTheme = { auto: "dark", dark: "light", light: "auto" } as const;
    const act: Record<string, () => void> = {
        ArrowRight: () => session.next(),
        ArrowLeft: () => session.prev(),
        "Shift+ArrowRight": () => session.nextNode(),
        "Shift+ArrowLeft": () => session.prevNode(),
        PageDown: () => session.nextPhase(),
        PageUp: () => session.prevPhase(),
        Home: () => session.go(0),
        End: () => session.go(session.size),
        " ": () => controls.toggle(),
        g: () => controls.focusGo(),
        "+": () => graph.viewport.zoom(1.25),
        "=": () => graph.viewport.zoom(1.25),
        "-": () => graph.viewport.zoom(1 / 1.25),
        "0": () => graph.viewport.showAll(),
        d: () => header.setTheme(nextTheme[themeNow()]),
        l: () => header.setLanguage(language() === "en" ? "zh" : "en"),
        "?": () => header.help(),
    };
    for (let i = 1; i <= 9; ++i) act[String(i)] = () => tools.focus(i - 1);
    return (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
        const target = event.target as HTMLElement;
        if (target.closest("input, select, textarea, dialog")) return;
        if (event.key === " " && target.closest("button, [role=button]")) return;
        const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
        if (!Object.hasOwn(act, key)) return;
        event.preventDefault();
        if (/Arrow|Page|Home|End/.test(key)) controls.pause();
        act[key]();
    };
}
