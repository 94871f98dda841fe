// Where boxes and arrows go: layers from left to right, by dagre.
import dagre from "@dagrejs/dagre";
import { expressionOf } from "../trace/notation";
import { isConstant, isLeaf, nameOf } from "../trace/trace";
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
        if (isConstant(n)) return;
        const place = folding.boxOf(i);
        const key = keyOf(place);
        if (boxes.has(key)) return;
        const none = { key, x: 0, y: 0 };
        if ("group" in place) {
            const title = clipped(folding.groups.all[place.group].name, 22);
            boxes.set(key, { ...none, node: -1, group: place.group, title, about: "", width: Math.max(128, places(title) * 8 + 44), height: 52 });
            return;
        }
        const title = clipped(nameOf(trace, i), 16);
        const about = isLeaf(n) ? "" : clipped(`= ${expressionOf(trace, i)}`, 20);
        const width = Math.max(104, places(title) * 8.2 + 78, places(about) * 6.6 + 22);
        boxes.set(key, { ...none, node: i, group: -1, title, about, width, height: about === "" ? 44 : 60 });
    });
    return boxes;
}

export function layOut(trace: Trace, folding: Folding): Layout {
    const boxes = boxesOf(trace, folding);
    const arrows = new Map<string, Arrow>();
    const arrowOf = new Map<number, string>();
    trace.edges.forEach((e, i) => {
        if (isConstant(trace.nodes[e.from])) return;
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

    const graph = new dagre.graphlib.Graph({ multigraph: true, compound: true });
    graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 40, edgesep: 10, marginx: 20, marginy: 20, ranker: boxes.size > 120 ? "longest-path" : "network-simplex" });
    graph.setDefaultEdgeLabel(() => ({}));
    const framed = new Set<number>();
    const put = (key: string, group: number): void => {
        if (group < 0) return;
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
    for (const [key, arrow] of arrows) {
        const [from, to] = key.split(" ");
        graph.setEdge({ v: from, w: to, name: key }, { weight: Math.min(4, arrow.edges.length) });
    }
    dagre.layout(graph);

    for (const [key, box] of boxes) Object.assign(box, { x: graph.node(key).x, y: graph.node(key).y });
    for (const [key, arrow] of arrows) {
        const [v, w] = key.split(" ");
        arrow.points = graph.edge({ v, w, name: key }).points;
    }
    const frames = [...framed].map((group) => {
        const { x, y, width, height } = graph.node(`f${group}`) as { x: number; y: number; width: number; height: number };
        return { group, x: x - width / 2, y: y - height / 2, width, height };
    });
    frames.sort((a, b) => b.width * b.height - a.width * a.height); // outer ones below
    const size = graph.graph() as { width?: number; height?: number };
    return { boxes, arrows, arrowOf, frames, width: size.width ?? 0, height: size.height ?? 0 };
}
