// Damaged traces: whatever happened to a file, it is read or refused with the reason.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../src/state/session";
import { elementOf } from "../../src/trace/elements";
import { readTrace, Refusal } from "../../src/trace/read";
import { nameOf } from "../../src/trace/trace";
import { random, traceOf, traceText } from "../support";

const names = ["explore_shared", "two_linear_layers", "training"];

/// Whether it was refused; if not, it is walked.
function refused(text: string): boolean {
    let trace;
    try {
        trace = readTrace(text);
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        assert.notEqual(error.message, "");
        return true;
    }
    const session = new Session(trace);
    while (session.next());
    trace.nodes.forEach((_, i) => elementOf(trace, i, 0, (node) => nameOf(trace, node)));
    return false;
}

test("a file that is cut after any character is refused", () => {
    for (const name of names) {
        const text = traceText(name);
        for (let length = 0; length < text.length; ++length) assert.ok(refused(text.slice(0, length)), `${name} cut after ${length}`);
    }
});

test("characters that changed are read or refused", () => {
    const next = random(3);
    const place = (size: number) => Math.floor(next() * size);
    const signs = '{}[],:0123456789"xe-.\\ \0é';
    for (const name of names) {
        const text = traceText(name);
        let count = 0;
        for (let i = 0; i < 1000; ++i) {
            const damaged = [...text];
            for (let times = 1 + place(3); times > 0; --times) damaged[place(damaged.length)] = signs[place(signs.length)];
            if (refused(damaged.join(""))) ++count;
        }
        assert.ok(count > 300, `${count} refused`);
    }
});

type Place = [Record<string, unknown>, string];
function placesIn(of: unknown, found: Place[]): Place[] {
    if (typeof of !== "object" || of === null) return found;
    for (const [key, x] of Object.entries(of)) {
        found.push([of as Record<string, unknown>, key]);
        placesIn(x, found);
    }
    return found;
}

test("values that changed to others are read or refused", () => {
    const others = [null, true, 0, 1, -1, 3, 1e300, 0.5, 2 ** 63, "", "nan", "relu", "__proto__", [], [1, 2], {}, { tensor: 1 }, [[1, 2], [3]]];
    const next = random(4);
    const place = (size: number) => Math.floor(next() * size);
    for (const name of names) {
        let count = 0;
        for (let i = 0; i < 3000; ++i) {
            const file = JSON.parse(traceText(name));
            const all = placesIn(file, []);
            const [of, key] = all[place(all.length)];
            if (next() < 0.2) delete of[key];
            else of[key] = others[place(others.length)];
            if (refused(JSON.stringify(file))) ++count;
        }
        assert.ok(count > 1000, `${count} refused`);
    }
});

test("a file of version 2, which has every tensor whole, reads as one of today", () => {
    const [old, now] = [traceOf("version_2"), traceOf("two_linear_layers")];
    assert.notEqual(old.file, now.file);
    assert.deepEqual({ ...old, file: "" }, { ...now, file: "" });
});

test("the numbers of a float32 are those that the program had", () => {
    for (const t of traceOf("two_linear_layers").tensors) assert.deepEqual(t.values, t.values.map(Math.fround));
});
