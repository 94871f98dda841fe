// Groups of nodes that fold: the modules of the program, and by themselves runs of nodes where there are too many.
import { isHidden } from "../trace/trace";
import type { Trace } from "../trace/types";

export interface Group {
    id: number;
    name: string; // of a module its last word
    path: string;
    parent: number; // -1: the whole graph
    groups: number[];
    nodes: number[]; // directly in it
    count: number; // of nodes, with those of its groups
}

const most = 60; // entries of one group: what is still read at a glance

export class Groups {
    readonly all: Group[] = [];
    readonly of: Int32Array; // the group of a node, or -1
    private readonly top: Group = { id: -1, name: "", path: "", parent: -1, groups: [], nodes: [], count: 0 };

    constructor(private readonly trace: Trace) {
        this.of = new Int32Array(trace.nodes.length).fill(-1);
        const byPath = new Map<string, Group>();
        trace.nodes.forEach((n, i) => {
            if (isHidden(n)) return;
            let group = this.top;
            let path = "";
            for (const word of n.module === "" ? [] : n.module.split(".")) {
                path = path === "" ? word : `${path}.${word}`;
                let next = byPath.get(path);
                if (!next) byPath.set(path, (next = this.add(word, path, group)));
                group = next;
            }
            group.nodes.push(i);
            this.of[i] = group.id;
        });
        for (const group of [this.top, ...this.all]) {
            this.split(group);
            this.gather(group);
        }
        for (const group of [...this.all].reverse()) group.count += group.nodes.length;
        for (const group of [...this.all].sort((a, b) => this.depth(b) - this.depth(a))) this.get(group.parent).count += group.count;
    }

    get(id: number): Group {
        return id < 0 ? this.top : this.all[id];
    }
    private add(name: string, path: string, parent: Group): Group {
        const group: Group = { id: this.all.length, name, path, parent: parent.id, groups: [], nodes: [], count: 0 };
        this.all.push(group);
        parent.groups.push(group.id);
        return group;
    }
    depth(group: Group): number {
        let depth = 0;
        for (let g = group; g.parent >= 0; g = this.all[g.parent]) ++depth;
        return depth;
    }

    // Of a graph that was cut, the one it had in the whole.
    private number(node: number): string {
        const { label } = this.trace.nodes[node];
        return label.startsWith("#") ? label : `#${node}`;
    }

    // Many groups side by side: runs of them get a group of their own.
    private gather(group: Group): void {
        if (group.groups.length <= most) return;
        const inner = group.groups;
        group.groups = [];
        const size = Math.ceil(Math.sqrt(inner.length));
        for (let i = 0; i < inner.length; i += size) {
            const run = inner.slice(i, i + size);
            const name = (id: number) => this.all[id].name;
            const part = this.add(run.length > 1 ? `${name(run[0])} … ${name(run[run.length - 1])}` : name(run[0]), `${group.path}(${i})`, group);
            part.groups = run;
            for (const id of run) this.all[id].parent = part.id;
        }
    }
    // Runs in forward order follow from one another, so the folded graph stays one of layers.
    private split(group: Group): void {
        if (group.nodes.length <= most) return;
        const nodes = group.nodes;
        group.nodes = [];
        const levels = nodes.length > most * most ? 3 : 2;
        const size = Math.ceil(nodes.length ** ((levels - 1) / levels));
        for (let i = 0; i < nodes.length; i += size) {
            const run = nodes.slice(i, i + size);
            const part = this.add(`${this.number(run[0])} … ${this.number(run[run.length - 1])}`, `${group.path}[${i}]`, group);
            part.nodes = run;
            for (const node of run) this.of[node] = part.id;
            this.split(part);
        }
    }
}

/// Which groups are folded, and what of the graph is seen then.
export class Folding {
    private readonly open = new Set<number>(); // unfolded, in the order of unfolding

    constructor(
        readonly groups: Groups,
        readonly limit = 120,
    ) {
        this.unfoldAll(60);
    }

    isOpen(group: number): boolean {
        return group < 0 || this.open.has(group);
    }
    /// What stands for a node: itself, or the outermost folded group around it.
    boxOf(node: number): { group: number } | { node: number } {
        let folded = -1;
        for (let g = this.groups.of[node]; g >= 0; g = this.groups.all[g].parent) if (!this.open.has(g)) folded = g;
        return folded >= 0 ? { group: folded } : { node };
    }
    /// How many boxes there are.
    count(): number {
        const inside = (group: Group): number => group.nodes.length + group.groups.reduce((sum, g) => sum + (this.open.has(g) ? inside(this.groups.all[g]) : 1), 0);
        return inside(this.groups.get(-1));
    }
    /// Shows what is in a group. Others that were opened before fold, oldest first, while there are too many boxes.
    unfold(group: number): void {
        const around = new Set<number>();
        for (let g = group; g >= 0; g = this.groups.all[g].parent) around.add(g);
        for (const g of around) {
            this.open.delete(g);
            this.open.add(g);
        }
        for (const g of [...this.open]) {
            if (this.count() <= this.limit) break;
            if (!around.has(g)) this.open.delete(g);
        }
    }
    fold(group: number): void {
        this.open.delete(group);
    }
    foldAll(): void {
        this.open.clear();
    }
    foldPaths(paths: readonly string[]): void {
        for (const g of this.groups.all) if (paths.includes(g.path)) this.open.delete(g.id);
    }
    /// From the outside in, as far as there is room; small groups first.
    unfoldAll(room = this.limit): void {
        const inside = (g: number) => this.groups.get(g).groups.map((id) => this.groups.all[id]);
        const waiting = inside(-1);
        while (waiting.length > 0) {
            waiting.sort((a, b) => this.groups.depth(a) - this.groups.depth(b) || a.count - b.count);
            const next = waiting.shift()!;
            if (this.open.has(next.id)) {
                waiting.push(...inside(next.id));
                continue;
            }
            this.open.add(next.id);
            if (this.count() > room) this.open.delete(next.id);
            else waiting.push(...inside(next.id));
        }
    }
    anyFolded(): boolean {
        return this.groups.all.some((g) => !this.open.has(g.id));
    }
}
