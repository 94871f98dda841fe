import assert from "node:assert/strict";
import { test } from "node:test";
import { Folding, Groups } from "../../src/layout/groups";
import { head, layOut } from "../../src/layout/layout";
import { readTrace } from "../../src/trace/read";
import type { Trace } from "../../src/trace/types";
import { chainText } from "../support";

const overlaps = (trace: Trace): string[] => {
    const folding = new Folding(new Groups(trace));
    folding.unfoldAll();
    const { boxes, frames, width, height } = layOut(trace, folding);
    const found: string[] = [];
    for (const f of frames) {
        if (f.x < 0 || f.y < 0 || f.x + f.width > width || f.y + f.height > height) found.push(`frame ${f.group} leaves the drawing`);
        const button = { left: f.head, right: f.head + head.width, top: f.y, bottom: f.y + head.height };
        for (const b of boxes.values()) {
            const [dx, dy] = [Math.min(button.right, b.x + b.width / 2) - Math.max(button.left, b.x - b.width / 2), Math.min(button.bottom, b.y + b.height / 2) - Math.max(button.top, b.y - b.height / 2)];
            if (dx > 0 && dy > 0) found.push(`${b.title} over the head of frame ${f.group} by ${dx.toFixed()} x ${dy.toFixed()}`);
        }
    }
    return found;
};

test("a group has room for how many nodes it has and how many are reached", () => {
    const trace = readTrace(chainText(14520, 14520));
    const folding = new Folding(new Groups(trace));
    folding.foldAll();
    const letters = "14520 nodes".length + "14520/14520".length;
    const groups = [...layOut(trace, folding).boxes.values()].filter((b) => b.group >= 0);
    assert.ok(groups.length > 0);
    for (const { width } of groups) assert.ok(width - 22 >= letters * 7, `${width} for ${letters} letters`);
});

test("no box covers what folds a group, and no frame leaves the drawing", () => {
    for (const trace of [readTrace(chainText(25, 9)), readTrace(chainText(50, 9)), readTrace(chainText(110, 9))]) assert.deepEqual(overlaps(trace), []);
});
