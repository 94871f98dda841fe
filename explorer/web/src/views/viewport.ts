// Pan, zoom and the overview of a drawing.
import { svg } from "../draw/dom";
import type { Layout } from "../layout/layout";

const readable = 0.8; // the scale below which names are too small
const overview = { width: 150, height: 48 };

export class Viewport {
    readonly element = svg("svg", { class: "drawing", role: "group" });
    readonly content = svg("g");
    readonly minimap = svg("svg", { class: "minimap", width: overview.width, height: overview.height, viewBox: `0 0 ${overview.width} ${overview.height}`, role: "img", "data-testid": "minimap" });
    private readonly here = svg("rect", { class: "here" });
    private frame: { width: number; height: number } | null = null;
    private scale = 1;
    private x = 0;
    private y = 0;
    private size = { width: 1, height: 1 };
    private target: { x: number; y: number } | null = null; // what was to be seen last
    private touched = false; // the reader chose a view, which resizing keeps

    constructor() {
        this.element.append(this.content);
        this.element.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
        this.element.addEventListener("pointerdown", (e) => this.drag(e));
        this.minimap.addEventListener("pointerdown", (e) => this.dragOverview(e));
        new ResizeObserver(() => {
            this.frame = null;
            if (this.touched) this.apply();
            else this.begin();
        }).observe(this.element);
    }

    // Kept between resizings: to ask is to lay the whole page out.
    private get shown(): { width: number; height: number } {
        if (this.frame) return this.frame;
        const { clientWidth: width, clientHeight: height } = this.element;
        if (width === 0 || height === 0) return { width: 800, height: 400 };
        return (this.frame = { width, height });
    }
    private get width(): number {
        return this.shown.width;
    }
    private get height(): number {
        return this.shown.height;
    }

    /// Of another drawing.
    setLayout(layout: Layout): void {
        this.size = { width: Math.max(1, layout.width), height: Math.max(1, layout.height) };
        const scale = this.overviewScale();
        const rect = (b: { x: number; y: number; width: number; height: number }) => svg("rect", { x: (b.x - b.width / 2) * scale, y: (b.y - b.height / 2) * scale, width: Math.max(2, b.width * scale), height: Math.max(2, b.height * scale), rx: 1 });
        this.minimap.replaceChildren(...[...layout.boxes.values()].map(rect), this.here);
        if (!this.touched) this.begin();
        else this.apply();
    }
    /// All of it if that can be read, or else its end, where backward begins.
    private begin(): void {
        this.fit();
        if (this.scale >= readable) return;
        this.scale = readable;
        this.x = this.width - this.size.width * this.scale;
        this.y = (this.height - this.size.height * this.scale) / 2;
        this.apply();
        if (this.target) this.reveal(this.target.x, this.target.y);
    }
    private overviewScale(): number {
        return Math.min(overview.width / this.size.width, overview.height / this.size.height);
    }

    /// All of it, however small.
    showAll(): void {
        this.touched = true;
        this.fit();
    }
    private fit(): void {
        const scale = Math.min(this.width / this.size.width, this.height / this.size.height, 1.25);
        this.scale = Math.max(0.05, scale);
        this.x = (this.width - this.size.width * this.scale) / 2;
        this.y = (this.height - this.size.height * this.scale) / 2;
        this.apply();
    }
    zoom(by: number, at = { x: this.width / 2, y: this.height / 2 }): void {
        const scale = Math.min(3, Math.max(0.05, this.scale * by));
        this.x = at.x - ((at.x - this.x) * scale) / this.scale;
        this.y = at.y - ((at.y - this.y) * scale) / this.scale;
        this.scale = scale;
        this.touched = true;
        this.apply();
    }
    /// Moves no more than is needed to see that point.
    reveal(x: number, y: number): void {
        this.target = { x, y };
        const margin = 90;
        const at = { x: x * this.scale + this.x, y: y * this.scale + this.y };
        if (at.x > 0 && at.x < this.width && at.y > 0 && at.y < this.height && this.scale < readable) return;
        const dx = at.x < margin ? margin - at.x : at.x > this.width - margin ? this.width - margin - at.x : 0;
        const dy = at.y < 40 ? 40 - at.y : at.y > this.height - 40 ? this.height - 40 - at.y : 0;
        if (dx === 0 && dy === 0) return;
        this.x += dx;
        this.y += dy;
        this.apply();
    }

    private apply(): void {
        this.content.setAttribute("transform", `translate(${this.x.toFixed(2)} ${this.y.toFixed(2)}) scale(${this.scale.toFixed(4)})`);
        const s = this.overviewScale() / this.scale;
        const set = (key: string, x: number) => this.here.setAttribute(key, x.toFixed(1));
        set("x", -this.x * s);
        set("y", -this.y * s);
        set("width", this.width * s);
        set("height", this.height * s);
    }

    // The page scrolls under a plain wheel, unless the reader is at work in the drawing.
    private wheel(e: WheelEvent): void {
        if (!e.ctrlKey && !e.metaKey && !this.element.contains(document.activeElement)) return;
        e.preventDefault();
        const box = this.element.getBoundingClientRect();
        this.zoom(Math.exp(-e.deltaY / 500), { x: e.clientX - box.left, y: e.clientY - box.top });
    }
    private drag(start: PointerEvent): void {
        if (start.button !== 0) return;
        const from = { x: this.x - start.clientX, y: this.y - start.clientY };
        let moved = false;
        const move = (e: PointerEvent) => {
            if (!moved && Math.hypot(e.clientX - start.clientX, e.clientY - start.clientY) < 4) return;
            moved = true;
            this.touched = true;
            this.x = from.x + e.clientX;
            this.y = from.y + e.clientY;
            this.apply();
        };
        this.follow(move);
    }
    private dragOverview(start: PointerEvent): void {
        const move = (e: PointerEvent) => {
            const box = this.minimap.getBoundingClientRect();
            const scale = this.overviewScale();
            this.x = this.width / 2 - ((e.clientX - box.left) / scale) * this.scale;
            this.y = this.height / 2 - ((e.clientY - box.top) / scale) * this.scale;
            this.touched = true;
            this.apply();
        };
        move(start);
        this.follow(move);
    }
    private follow(move: (e: PointerEvent) => void): void {
        const up = () => {
            window.removeEventListener("pointermove", move);
            window.removeEventListener("pointerup", up);
            window.removeEventListener("pointercancel", up);
        };
        window.addEventListener("pointermove", move);
        window.addEventListener("pointerup", up);
        window.addEventListener("pointercancel", up);
    }
}
