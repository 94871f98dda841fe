// The state of the page in its address, so that a link shows what the sender saw.
import { findNode, nameOf } from "../trace/trace";
import { positionOf } from "../trace/elements";
import { operationOf } from "../evaluate/operations";
import { defaultStep } from "../evaluate/check";
import { noEdits } from "../evaluate/evaluate";
import { lookToHash } from "./look";
import { type Choice, firstChoices, type Phase, type Session } from "./session";

const choices = Object.keys(firstChoices) as Choice[];

// The update brings the optimizer up.
const choicesIn = (phase: Phase) => (phase === 6 ? { ...firstChoices, tool: "optimizer" } : firstChoices);
const named = (session: Session, node: number): string =>
    findNode(session.trace, nameOf(session.trace, node)) === node ? nameOf(session.trace, node) : `#${node}`;

export function toHash(session: Session): string {
    const out = new URLSearchParams();
    lookToHash(out);
    if (session.film.run > 0) out.set("run", String(session.film.run + 1));
    if (session.film.step > 0) out.set("step", String(session.film.step));
    if (session.step !== defaultStep) out.set("h", String(session.step));
    if (session.position > 0) out.set("event", String(session.position));
    if (session.phase !== 5 && session.phase !== 4) out.set("phase", String(session.phase));
    const follows = session.walk.event?.node ?? session.trace.root;
    if (session.selected !== follows) out.set("node", named(session, session.selected));
    for (const [node, x] of session.edits.values) out.append("set", `${named(session, node)}=${x}`);
    for (const [node, elements] of session.edits.elements) for (const [at, x] of elements) out.append("set", `${named(session, node)}[${positionOf(session.trace.nodes[node].shape, at)}]=${x}`);
    for (const [node, op] of session.edits.operations) out.append("op", `${named(session, node)}=${op}`);
    const wrong = [session.mistakes.overwrite && "overwrite", session.mistakes.keep && "keep"].filter(Boolean);
    if (wrong.length > 0) out.set("wrong", wrong.join("+"));
    const first = choicesIn(session.phase);
    for (const key of choices) if (session.choices[key] !== first[key]) out.set(key, session.choices[key]);
    for (const [node, wanted] of session.trained) out.append("train", `${named(session, node)}=${Number(wanted)}`);
    return out.toString();
}

/// "w" or "w[1, 2]": a node, and the position of an element or -1.
function placeOf({ trace }: Session, name: string): [number, number] {
    const element = /^(.*)\[([\d, ]+)\]$/s.exec(name);
    const whole = findNode(trace, name);
    if (whole >= 0 || !element) return [whole >= 0 && trace.nodes[whole].tensor < 0 ? whole : -1, -1];
    const node = findNode(trace, element[1]);
    const position = element[2].split(",").map(Number);
    const shape = node < 0 ? [] : trace.nodes[node].shape;
    const inside = position.length === shape.length && position.every((p, axis) => p < shape[axis]);
    return inside ? [node, position.reduce((flat, p, axis) => flat * shape[axis] + p, 0)] : [-1, -1];
}

/// Takes what it understands and leaves the rest.
export function fromHash(session: Session, hash: string): void {
    const wanted = new URLSearchParams(hash.replace(/^#/, ""));
    const number = (key: string) => Number(wanted.get(key)) || 0;
    if (session.recording.runs.length > 0) session.showStep(Math.max(0, number("run") - 1), number("step"));
    const edits = noEdits();
    const pairs = (key: string): [number, string][] =>
        wanted.getAll(key).map((pair) => {
            const cut = pair.lastIndexOf("=");
            return [findNode(session.trace, pair.slice(0, cut)), pair.slice(cut + 1)];
        });
    for (const pair of wanted.getAll("set")) {
        const cut = pair.lastIndexOf("=");
        const x = pair.slice(cut + 1) === "" ? NaN : Number(pair.slice(cut + 1));
        const [node, at] = placeOf(session, pair.slice(0, cut));
        if (node < 0 || Number.isNaN(x)) continue;
        if (at < 0) edits.values.set(node, x);
        else edits.elements.set(node, (edits.elements.get(node) ?? new Map()).set(at, x));
    }
    for (const [node, op] of pairs("op")) if (node >= 0 && operationOf(op, 1) && session.takesFunction(node)) edits.operations.set(node, op);
    for (const [node, x] of pairs("train")) if (node >= 0) session.trained.set(node, x === "1");
    const wrong = wanted.get("wrong") ?? "";
    const mistakes = { overwrite: wrong.includes("overwrite"), keep: wrong.includes("keep") };
    if (session.editable) session.mistakes = mistakes;
    if (session.editable) session.setEdits(edits);
    else session.setMistakes(mistakes);
    if (number("h") > 0) session.setStep(number("h"));
    const phase = Number(wanted.get("phase"));
    if (Number.isInteger(phase) && phase >= 1 && phase <= 7) session.toPhase(phase as Phase);
    else session.go(Number(wanted.get("event")) || 0);
    const first = choicesIn(session.phase);
    for (const key of choices) session.choices[key] = wanted.get(key) ?? first[key];
    const node = wanted.get("node");
    if (node !== null) session.select(findNode(session.trace, node));
}
