// What the page shows: a trace with the reader's changes to it, a place in its backward pass, and a node.
import { defaultStep, Checker } from "../evaluate/check";
import { edited, type Edits, firstUnknown, isEdited, noEdits } from "../evaluate/evaluate";
import { type Mistakes, noMistakes, backward } from "../trace/replay";
import { copyOf, isLeaf } from "../trace/trace";
import type { Trace } from "../trace/types";
import { Walk } from "../trace/walk";

/// The steps of training that lie in one trace: 1 structure, 2 initial numbers, 3 forward, 4 loss, 5 backward, 6 update, 7 again.
export type Phase = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/// trace: other numbers; place: another event or phase; node: another selection; look: language, theme, mistakes shown.
export type Change = "trace" | "place" | "node";
type Listener = (change: Change) => void;

export class Session {
    trace: Trace; // with the edits, its events those that the mistakes make
    right: (number | null)[]; // the gradients without the mistakes
    walk!: Walk;
    checker!: Checker;
    selected: number;
    phase: Phase = 4;
    edits: Edits = noEdits();
    mistakes: Mistakes = noMistakes;
    step = defaultStep;
    readonly unknown: number; // the first node that cannot be computed here, or -1
    private readonly listeners: Listener[] = [];

    original: Trace;
    readonly recording: Trace; // as it was read

    constructor(trace: Trace) {
        this.original = this.recording = trace;
        const original = trace;
        this.unknown = firstUnknown(original);
        this.selected = original.root;
        this.trace = original;
        this.right = [];
        this.rebuild(0);
    }

    listen(listener: Listener): void {
        this.listeners.push(listener);
    }
    private tell(change: Change): void {
        for (const listener of this.listeners) listener(change);
    }

    private rebuild(position: number): void {
        const base = isEdited(this.edits) ? edited(this.original, this.edits) : copyOf(this.original);
        this.right = backward(base).gradients;
        const pass = backward(base, this.mistakes, this.right);
        base.events = pass.events;
        base.nodes.forEach((n, i) => (n.gradient = pass.gradients[i]));
        base.edges.forEach((e, i) => (e.contribution = pass.contributions[i]));
        this.trace = base;
        this.walk = new Walk(base.events, pass.start);
        this.walk.go(position);
        this.checker = new Checker(base, this.unknown, this.step);
    }
    private change(): void {
        this.rebuild(this.walk.position);
        this.tell("trace");
    }

    get position(): number {
        return this.walk.position;
    }
    get size(): number {
        return this.trace.events.length;
    }
    gradient(node: number): number | null {
        return this.walk.gradients[node];
    }
    /// Whether a node has its number yet: before the forward pass only leaves have.
    hasValue(node: number): boolean {
        if (this.phase >= 4) return true;
        if (this.phase === 3) return node !== this.trace.root;
        return this.phase === 2 && this.trace.nodes[node].inputs.length === 0;
    }

    // Walking. Before the first event lie the phases 1 to 4, after the last 6 and 7.
    private moved(ok: boolean): boolean {
        if (!ok) return false;
        this.phase = this.walk.position === 0 ? 4 : 5;
        this.selected = this.walk.event?.node ?? this.trace.root;
        this.tell("place");
        return true;
    }
    next(): boolean {
        if (this.phase < 4) return this.toPhase((this.phase + 1) as Phase);
        return this.moved(this.walk.next());
    }
    prev(): boolean {
        return this.moved(this.walk.prev());
    }
    nextNode(): boolean {
        return this.moved(this.walk.nextNode());
    }
    prevNode(): boolean {
        return this.moved(this.walk.prevNode());
    }
    go(position: number): void {
        this.walk.go(position);
        this.moved(true);
    }
    toPhase(phase: Phase): boolean {
        if (phase < 5) this.walk.go(0);
        if (phase > 5) this.walk.go(this.size);
        if (phase === 5 && this.walk.position === 0) this.walk.next();
        if (phase === 5 && this.phase > 5) this.walk.go(this.size);
        this.phase = phase;
        this.selected = this.walk.event && phase === 5 ? this.walk.event.node : this.trace.root;
        this.tell("place");
        return true;
    }
    /// A whole phase on: from anywhere in the backward pass to its end.
    nextPhase(): boolean {
        if (this.phase >= 7) return false;
        if (this.phase < 4 || this.phase > 5) return this.toPhase((this.phase + 1) as Phase);
        if (this.walk.position === this.size) return this.toPhase(6);
        this.go(this.size);
        return true;
    }
    prevPhase(): boolean {
        if (this.phase > 5) return this.toPhase((this.phase - 1) as Phase);
        if (this.phase === 5) return this.toPhase(4);
        return this.phase > 1 && this.toPhase((this.phase - 1) as Phase);
    }

    select(node: number): void {
        if (node < 0 || node >= this.trace.nodes.length) return;
        this.selected = node;
        this.tell("node");
    }

    // Changing.
    get editable(): boolean {
        return this.unknown < 0;
    }
    setLeaf(node: number, x: number): boolean {
        if (!this.editable || !isLeaf(this.original.nodes[node]) || Number.isNaN(x)) return false;
        if (x === this.original.nodes[node].value) this.edits.values.delete(node);
        else this.edits.values.set(node, x);
        this.change();
        return true;
    }
    setLeaves(values: ReadonlyMap<number, number>): void {
        for (const [node, x] of values) this.edits.values.set(node, x);
        this.change();
    }
    setOperation(node: number, op: string): void {
        if (!this.editable) return;
        if (op === this.original.nodes[node].op) this.edits.operations.delete(node);
        else this.edits.operations.set(node, op);
        this.change();
    }
    /// Another step of a recorded training.
    show(trace: Trace): void {
        this.original = trace;
        this.edits = noEdits();
        this.change();
    }
    setEdits(edits: Edits): void {
        if (!this.editable) return;
        this.edits = edits;
        this.change();
    }
    reset(): void {
        this.edits = noEdits();
        this.change();
    }
    setMistakes(mistakes: Mistakes): void {
        if (this.original.recorded) return;
        this.mistakes = mistakes;
        this.change();
    }
    setStep(step: number): void {
        if (!(step > 0)) return;
        this.step = step;
        this.checker = new Checker(this.trace, this.unknown, step);
        this.tell("trace");
    }
}
