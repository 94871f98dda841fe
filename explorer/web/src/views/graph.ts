// The graph: boxes with values and gradients, groups that fold, and the way the gradient has taken.
import { h, setClass, setText, svg } from "../draw/dom";
import { Folding, Groups } from "../layout/groups";
import { type Arrow, type Box, type Layout, clipped, layOut } from "../layout/layout";
import { t } from "../text/words";
import { shortNumber } from "../trace/notation";
import { isConstant, isLeaf } from "../trace/trace";
import { shapeText, tensorText } from "../trace/quantity";
import type { Change, Session } from "../state/session";
import type { View } from "./view";
import { Viewport } from "./viewport";

interface Drawn {
    box: Box;
    element: SVGGElement;
    value: SVGTextElement;
    gradient: SVGTextElement;
    nodes: number[]; // of a group: all in it
}

function pathOf({ points }: Arrow): string {
    const [first, ...rest] = points.map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`);
    if (points.length < 3) return `M${first} L${rest.join(" L")}`;
    // Through the middles of the pieces, so that the line has no corners.
    const middle = (i: number) => `${((points[i].x + points[i + 1].x) / 2).toFixed(1)} ${((points[i].y + points[i + 1].y) / 2).toFixed(1)}`;
    let d = `M${first} L${middle(0)}`;
    for (let i = 1; i < points.length - 1; ++i) d += ` Q${points[i].x.toFixed(1)} ${points[i].y.toFixed(1)} ${middle(i)}`;
    return `${d} L${rest[rest.length - 1]}`;
}

export class Graph implements View {
    readonly element = h("section", { class: "panel graph", "data-testid": "graph" });
    readonly viewport = new Viewport();
    private folding: Folding;
    private layout!: Layout;
    private readonly boxes = new Map<string, Drawn>();
    private readonly arrows = new Map<string, SVGPathElement>();
    private readonly label = svg("text", { class: "local", "text-anchor": "middle" });
    private readonly title = h("h2");
    private readonly note = h("p", { class: "quiet note" });
    private readonly bar = h("div", { class: "bar" });
    private readonly legend = h("div", { class: "legend" });
    private lit: string[] = []; // arrows of a path that is pointed out

    constructor(private readonly session: Session) {
        this.folding = new Folding(new Groups(session.trace));
        this.folding.foldPaths(session.trace.fold);
        this.viewport.element.addEventListener("keydown", (e) => this.key(e));
        const stage = h("div", { class: "stage" }, h("div", { class: "under" }, this.legend, this.viewport.minimap));
        stage.prepend(this.viewport.element);
        this.element.append(h("div", { class: "heading" }, this.title, this.bar), stage, this.note);
        this.lay();
    }

    update(change: Change | "all"): void {
        if (change === "all") this.words();
        if (change === "trace" || change === "all") this.titles();
        this.mark(change);
    }

    private words(): void {
        this.title.textContent = t("graph");
        this.viewport.element.setAttribute("aria-label", `${t("graph")}. ${t("graph_about")}`);
        this.viewport.minimap.setAttribute("aria-label", t("minimap"));
        const button = (text: string, name: string, testid: string, act: () => void) => h("button", { type: "button", title: name, "aria-label": name, "data-testid": testid, onclick: act }, text);
        const groups = this.folding.groups.all.length > 0;
        this.bar.replaceChildren(
            ...(groups ? [button(t("fold_all"), t("fold_all"), "fold-all", () => this.refold(() => this.folding.foldAll())), button(t("unfold_all"), t("unfold_all"), "unfold-all", () => this.refold(() => this.folding.unfoldAll()))] : []),
            button("−", t("zoom_out"), "zoom-out", () => this.viewport.zoom(1 / 1.25)),
            button("+", t("zoom_in"), "zoom-in", () => this.viewport.zoom(1.25)),
            button(t("fit"), t("fit"), "fit", () => this.viewport.showAll()),
        );
        this.legend.replaceChildren(h("span", { class: "value" }, t("value")), h("span", { class: "gradient" }, t("gradient")));
        this.describe();
    }
    private describe(): void {
        const shown = this.boxes.size;
        this.note.textContent = this.folding.anyFolded() && shown > 40 ? t("too_many", { shown, most: this.folding.limit }) : "";
    }

    private refold(change: () => void, group = -1): void {
        const focused = this.viewport.element.contains(document.activeElement);
        change();
        this.lay();
        this.titles();
        this.mark("all");
        this.describe();
        // The keyboard stays at the group, whose box is now a frame, or the other way round.
        if (focused && group >= 0) (this.boxes.get(`g${group}`)?.element ?? this.viewport.content.querySelector<SVGElement>(`.fold[data-group="${CSS.escape(this.folding.groups.all[group].path)}"]`))?.focus();
    }

    private lay(): void {
        this.layout = layOut(this.session.trace, this.folding);
        this.boxes.clear();
        this.arrows.clear();
        const frames = this.layout.frames.map((f) => {
            const group = this.folding.groups.all[f.group];
            const act = () => this.refold(() => this.folding.fold(f.group), f.group);
            const fold = svg("g", { class: "fold", role: "button", tabindex: 0, "data-group": group.path, onclick: act, onkeydown: (e: KeyboardEvent) => this.press(e, act) });
            fold.append(svg("rect", { x: f.head + 4, y: f.y + 4, width: 16, height: 16, rx: 3 }), svg("path", { d: `M${f.head + 8} ${f.y + 12} h8` }), svg("text", { x: f.head + 26, y: f.y + 16 }, clipped(group.name, 24)));
            return svg("g", { class: "frame" }, svg("rect", { x: f.x, y: f.y, width: f.width, height: f.height, rx: 8 }), fold);
        });
        const arrows = [...this.layout.arrows.values()].map((arrow) => {
            const path = svg("path", { class: "arrow", d: pathOf(arrow), "marker-end": "url(#tip)" });
            this.arrows.set(arrow.key, path);
            return path;
        });
        const boxes = [...this.layout.boxes.values()].map((box) => this.box(box));
        const marker = (id: string) => svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path", { d: "M0 0.8 L7.5 4 L0 7.2 Z" }));
        this.viewport.content.replaceChildren(svg("defs", {}, marker("tip")), ...frames, ...arrows, ...boxes, this.label);
        this.viewport.setLayout(this.layout);
    }

    private box(box: Box): SVGGElement {
        const { session } = this;
        const left = box.x - box.width / 2;
        const top = box.y - box.height / 2;
        const group = box.group >= 0;
        const act = () => (group ? this.refold(() => this.folding.unfold(box.group), box.group) : session.select(box.node));
        const kind = group ? "group" : isLeaf(session.trace.nodes[box.node]) ? "leaf" : "result";
        const element = svg("g", { class: `box ${kind}`, role: "button", tabindex: -1, onclick: act, onkeydown: (e: KeyboardEvent) => this.press(e, act), "data-node": group ? null : box.node });
        // A node: its name and value, what it is, its gradient. A group: its name, how many nodes, how many are reached.
        const right = { x: left + box.width - 11, "text-anchor": "end" };
        const value = svg("text", group ? { class: "value", x: left + 11, y: top + 38 } : { class: "value", ...right, y: top + 18 });
        const gradient = svg("text", { class: "gradient", ...right, y: top + box.height - (group ? 14 : 9) });
        if (group) element.append(svg("rect", { class: "shadow", x: left + 4, y: top + 4, width: box.width, height: box.height, rx: 7 }));
        const title = svg("text", { class: "name", x: left + 11, y: top + 18 }, box.title);
        const about = svg("text", { class: "about", x: left + 11, y: top + 34 }, box.about);
        element.append(svg("rect", { class: "body", x: left, y: top, width: box.width, height: box.height, rx: kind === "leaf" ? 12 : 6 }), title, " ", about, " ", value, " ", gradient);
        if (group) element.append(svg("path", { class: "plus", d: `M${left + box.width - 20} ${top + 13} h10 m-5 -5 v10` }));
        this.boxes.set(box.key, { box, element, value, gradient, nodes: group ? this.nodesIn(box.group) : [] });
        return element;
    }
    private nodesIn(group: number): number[] {
        const { nodes, groups } = this.folding.groups.all[group];
        return [...nodes, ...groups.flatMap((g) => this.nodesIn(g))];
    }
    private press(e: KeyboardEvent, act: () => void): void {
        if (e.key !== "Enter" && e.key !== " ") return;
        e.preventDefault();
        e.stopPropagation();
        act();
    }

    // Values and names: they change with the trace.
    private titles(): void {
        for (const frame of this.viewport.content.querySelectorAll<SVGGElement>(".fold")) {
            const [seen, path] = [frame.textContent!, frame.dataset.group!];
            frame.setAttribute("aria-label", t("fold", { name: seen === path ? path : `${seen} (${path})` }));
        }
    }

    // Numbers and what the current event does: after every step.
    private mark(change: Change | "all"): void {
        const { session } = this;
        const event = session.phase === 5 ? session.walk.event : null;
        const here = this.keyOf(event?.node ?? -1);
        const selected = this.keyOf(session.selected);
        for (const [key, drawn] of this.boxes) {
            this.numbers(drawn);
            setClass(drawn.element, "selected", key === selected);
            setClass(drawn.element, "active", key === here);
            setClass(drawn.element, "wrong", drawn.box.node >= 0 && session.isWrong(drawn.box.node));
            drawn.element.tabIndex = key === selected ? 0 : -1;
        }
        this.flow();
        const target = this.boxes.get(change === "node" || !event ? selected : here);
        if (target && change !== "all" && change !== "trace") this.viewport.reveal(target.box.x, target.box.y);
    }
    private keyOf(node: number): string {
        if (node < 0) return "";
        const box = this.folding.boxOf(node);
        return "node" in box ? `n${box.node}` : `g${box.group}`;
    }
    private numbers({ box, element, value, gradient, nodes }: Drawn): void {
        const { session } = this;
        if (box.group >= 0) {
            const reached = nodes.filter((n) => session.gradient(n) !== null).length;
            setText(value, t("nodes", { count: nodes.length }));
            setText(gradient, reached === 0 ? t("not_yet") : `${reached}/${nodes.length}`);
            setClass(element, "reached", reached > 0);
            element.setAttribute("aria-label", `${box.title} ${value.textContent} ${gradient.textContent}: ${t("unfold")}`);
            return;
        }
        const g = session.gradient(box.node);
        const known = session.hasValue(box.node);
        const n = session.trace.nodes[box.node];
        const place = session.walk.tensors[box.node];
        setText(value, !known ? "·" : !n.kept ? "–" : n.tensor >= 0 ? shapeText(n.shape) : shortest(n.value));
        setText(gradient, place >= 0 ? tensorText(session.trace.tensors[place], 12) : g !== null ? shortest(g) : isConstant(n) ? "" : t("not_yet"));
        setClass(element, "reached", g !== null);
        const seen = [box.title, box.about, value.textContent, gradient.textContent].filter((part) => part !== "");
        element.setAttribute("aria-label", `${seen.join(" ")}: ${t("value")}, ${t("gradient")}`);
    }

    private flow(): void {
        const { session } = this;
        const event = session.phase === 5 ? session.walk.event : null;
        const passed = new Set<string>();
        for (let i = 0; i < session.position; ++i) {
            const e = session.trace.events[i];
            if (e.kind === "contribution") passed.add(this.layout.arrowOf.get(e.edge) ?? "");
        }
        const now = event?.kind === "contribution" ? this.layout.arrowOf.get(event.edge) : undefined;
        for (const [key, path] of this.arrows) {
            setClass(path, "passed", passed.has(key));
            setClass(path, "now", key === now);
            setClass(path, "lit", this.lit.includes(key));
        }
        const points = now ? this.layout.arrows.get(now)!.points : [];
        const middle = points[Math.floor(points.length / 2)];
        this.label.textContent = middle && event && !Number.isNaN(event.local) ? `× ${shortNumber(event.local)}` : "";
        this.label.setAttribute("x", String(middle?.x ?? 0));
        this.label.setAttribute("y", String((middle?.y ?? 0) - 7));
    }

    /// Points a path out.
    light(edges: number[]): void {
        this.lit = edges.map((e) => this.layout.arrowOf.get(e) ?? "");
        this.flow();
    }

    private key(e: KeyboardEvent): void {
        const by = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
        if (by === 0) return;
        e.preventDefault();
        e.stopPropagation();
        const list = [...this.boxes.values()];
        const focused = list.findIndex((d) => d.element === document.activeElement);
        const next = list[(focused + by + list.length) % list.length];
        next.element.tabIndex = 0;
        next.element.focus();
        this.viewport.reveal(next.box.x, next.box.y);
    }
}

// In a box there is room for four digits; the others are in the table.
function shortest(x: number): string {
    const text = shortNumber(x);
    if (text.length <= 7 || !Number.isFinite(x)) return text;
    const four = Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5 ? String(Number(x.toPrecision(4))) : x.toExponential(2).replace("e+", "e");
    return four.length < text.length ? four : text;
}
