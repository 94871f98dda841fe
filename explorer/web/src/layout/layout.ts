// Where boxes and arrows go: layers from left to right, by dagre.
import { Graph as DagreGraph, layout } from "@dagrejs/dagre";
import { expressionOf } from "../trace/notation";
import { isHidden, isSource, nameOf } from "../trace/trace";
import type { Trace } from "../trace/types";
import type { Folding } from "./groups";

export interface Box {
    key: string;
    node: number; // or -1
    group: number; // a folded one, or -1
    title: string;
    about: string; // the expression of a result
    x: number; // of the middle
    y: number;
    width: number;
    height: number;
}
export interface Arrow {
    key: string;
    edges: number[]; // of the trace; several between folded groups
    points: { x: number; y: number }[];
}
export interface Frame {
    group: number; // an unfolded one
    x: number;
    y: number;
    width: number;
    height: number;
    head: number; // x of what folds it, in its upper edge
}
export interface Layout {
    boxes: Map<string, Box>;
    arrows: Map<string, Arrow>;
    arrowOf: Map<number, string>; // the arrow that shows an edge of the trace
    frames: Frame[];
    width: number;
    height: number;
}

// Wide characters take two places.
const places = (text: string): number => [...text].reduce((sum, c) => sum + ((c.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1), 0);
export function clipped(text: string, room: number): string {
    return [...text].length <= room ? text : `${[...text].slice(0, room - 1).join("")}…`;
}

const keyOf = (box: { group: number } | { node: number }): string => ("node" in box ? `n${box.node}` : `g${box.group}`);

function boxesOf(trace: Trace, folding: Folding): Map<string, Box> {
    const boxes = new Map<string, Box>();
    trace.nodes.forEach((n, i) => {
        if (isHidden(n)) return;
        const place = folding.boxOf(i);
        const key = keyOf(place);
        if (boxes.has(key)) return;
        const none = { key, x: 0, y: 0 };
        if ("group" in place) {
            const { name, count } = folding.groups.all[place.group];
            const title = clipped(name, 22);
            const counts = String(count).length * 21 + 86; // how many nodes, and how many of them are reached
            boxes.set(key, { ...none, node: -1, group: place.group, title, about: "", width: Math.max(128, counts, places(title) * 8 + 44), height: 52 });
            return;
        }
        const title = clipped(nameOf(trace, i), 16);
        const about = isSource(n) ? "" : clipped(`= ${expressionOf(trace, i)}`, 20);
        const width = Math.max(n.tensor >= 0 ? n.shape.join(", ").length * 7 + 88 : 104, places(title) * 8.2 + (n.tensor >= 0 ? n.shape.join(", ").length * 7 + 44 : 92), places(about) * 6.6 + 22);
        boxes.set(key, { ...none, node: i, group: -1, title, about, width, height: about === "" ? 44 : 60 });
    });
    return boxes;
}

const straight = (from: Box, to: Box): { x: number; y: number }[] => {
    const [x1, x2] = [from.x + from.width / 2, to.x - to.width / 2];
    return [{ x: x1, y: from.y }, { x: (x1 + x2) / 2, y: from.y }, { x: (x1 + x2) / 2, y: to.y }, { x: x2, y: to.y }];
};

// Around the boxes of each unfolded group, wherever they came to lie.
function framesAround(boxes: Map<string, Box>, folding: Folding): Frame[] {
    const edges = new Map<number, { left: number; top: number; right: number; bottom: number; depth: number }>();
    for (const box of boxes.values()) {
        let group = box.group >= 0 ? folding.groups.all[box.group].parent : folding.groups.of[box.node];
        for (let depth = 1; group >= 0; ++depth, group = folding.groups.all[group].parent) {
            const pad = 10 * depth;
            const e = edges.get(group) ?? { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, depth };
            e.left = Math.min(e.left, box.x - box.width / 2 - pad);
            e.right = Math.max(e.right, box.x + box.width / 2 + pad);
            e.top = Math.min(e.top, box.y - box.height / 2 - 4 - 22 * depth); // each has a head of its own
            e.bottom = Math.max(e.bottom, box.y + box.height / 2 + pad);
            edges.set(group, e);
        }
    }
    return [...edges].map(([group, e]) => ({ group, x: e.left, y: e.top, width: e.right - e.left, height: e.bottom - e.top, head: e.left }));
}

/// What folds a group, and the beginning of its name.
export const head = { width: 70, height: 20 };
// At the left, or where no box that is not of the group comes into the frame.
function placeHead(f: Frame, boxes: Box[]): void {
    const covers = (b: Box) => Math.abs(b.x - f.head - head.width / 2) < (b.width + head.width) / 2 && Math.abs(b.y - f.y - head.height / 2) < (b.height + head.height) / 2;
    const last = f.x + f.width - head.width;
    for (f.head = f.x; f.head < last && boxes.some(covers); ) f.head += 10;
    if (f.head >= last) f.head = f.x;
}

export function layOut(trace: Trace, folding: Folding): Layout {
    const boxes = boxesOf(trace, folding);
    const arrows = new Map<string, Arrow>();
    const arrowOf = new Map<number, string>();
    trace.edges.forEach((e, i) => {
        if (isHidden(trace.nodes[e.from])) return;
        const from = keyOf(folding.boxOf(e.from));
        const to = keyOf(folding.boxOf(e.to));
        if (from === to) return;
        // a + a has two arrows; between groups one stands for all
        const key = from[0] === "n" && to[0] === "n" ? `${from} ${to} ${e.slot}` : `${from} ${to}`;
        arrowOf.set(i, key);
        const arrow = arrows.get(key);
        if (arrow) arrow.edges.push(i);
        else arrows.set(key, { key, edges: [i], points: [] });
    });

    const compound = boxes.size <= 60; // more are too slow with it
    const graph = new DagreGraph({ multigraph: true, compound });
    graph.setGraph({ rankdir: "LR", nodesep: folding.groups.all.length > 0 ? 24 : 14, ranksep: 40, edgesep: 10, marginx: 20, marginy: 20, ranker: boxes.size > 120 ? "longest-path" : "network-simplex" });
    graph.setDefaultEdgeLabel(() => ({}));
    const framed = new Set<number>();
    const put = (key: string, group: number): void => {
        if (group < 0 || !compound) return;
        const frame = `f${group}`;
        if (!framed.has(group)) {
            framed.add(group);
            graph.setNode(frame, {});
            put(frame, folding.groups.all[group].parent);
        }
        graph.setParent(key, frame);
    };
    for (const [key, box] of boxes) {
        graph.setNode(key, { width: box.width, height: box.height });
        put(key, box.group >= 0 ? folding.groups.all[box.group].parent : folding.groups.of[box.node]);
    }
    // What is read in very many places would draw its arrows through every layer: only the first ones say where it stands.
    const free = new Set<string>();
    const fan = new Map<string, number>();
    for (const [key, arrow] of arrows) {
        const [from, to] = key.split(" ");
        fan.set(from, (fan.get(from) ?? 0) + 1);
        if (fan.get(from)! > 6) {
            free.add(key);
            continue;
        }
        graph.setEdge({ v: from, w: to, name: key }, { weight: Math.min(4, arrow.edges.length) });
    }
    layout(graph);

    for (const [key, box] of boxes) Object.assign(box, { x: graph.node(key).x, y: graph.node(key).y });
    for (const [key, arrow] of arrows) {
        const [v, w] = key.split(" ");
        arrow.points = free.has(key) ? straight(boxes.get(v)!, boxes.get(w)!) : graph.edge({ v, w, name: key }).points;
    }
    const frames = framesAround(boxes, folding);
    frames.sort((a, b) => b.width * b.height - a.width * a.height); // outer ones below
    const size = graph.graph() as { width?: number; height?: number };
    // Frames may reach beyond what lies in them.
    const left = Math.min(0, ...frames.map((f) => f.x - 4));
    const top = Math.min(0, ...frames.map((f) => f.y - 4));
    const points = [...boxes.values(), ...frames, ...[...arrows.values()].flatMap((a) => a.points)];
    if (left + top < 0) for (const p of points) (p.x -= left), (p.y -= top);
    for (const f of frames) placeHead(f, [...boxes.values()]);
    const width = Math.max((size.width ?? 0) - left, ...frames.map((f) => f.x + f.width + 4));
    const height = Math.max((size.height ?? 0) - top, ...frames.map((f) => f.y + f.height + 4));
    return { boxes, arrows, arrowOf, frames, width, height };
}
