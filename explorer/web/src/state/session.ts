// What the page shows: a trace with the reader's changes to it, a place in its backward pass, and a node.
import { defaultStep, Checker } from "../evaluate/check";
import { edited, type Edits, firstUnknown, isEdited, noEdits } from "../evaluate/evaluate";
import type { Numbers } from "../evaluate/rules";
import { TensorChecker } from "../evaluate/tensor_check";
import { type Obstacle, TensorRun } from "../evaluate/tensor_run";
import { type Mistakes, type Pass, noMistakes, backward } from "../trace/replay";
import { copyOf, isLeaf } from "../trace/trace";
import type { Trace } from "../trace/types";
import { Walk } from "../trace/walk";
import { graphNear, traceAt } from "./film";

/// The steps of training that lie in one trace: 1 structure, 2 initial numbers, 3 forward, 4 loss, 5 backward, 6 update, 7 again.
export type Phase = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/// What the reader has open and set beside the run, as the address has it.
export const firstChoices = { tool: "paths", rule: "sgd", lr: "0.5", speed: "2", element: "-1" };
export type Choice = keyof typeof firstChoices;

/// trace: other numbers; place: another event or phase; node: another selection; look: language, theme, mistakes shown.
export type Change = "trace" | "place" | "node";
type Listener = (change: Change) => void;

export class Session {
    trace: Trace; // with the edits, its events those that the mistakes make
    right: (number | null)[]; // the gradients without the mistakes
    walk!: Walk;
    checker!: Checker | TensorChecker;
    tensors!: TensorRun | null; // of a run with tensors
    private values: readonly Numbers[] = []; // of such a run, with the edits
    private rightTotals: (Numbers | null)[] = [];
    private totals: (Numbers | null)[] = [];
    selected: number;
    phase: Phase = 4;
    edits: Edits = noEdits();
    mistakes: Mistakes = noMistakes;
    step = defaultStep;
    obstacle!: Obstacle | null; // what cannot be computed here
    film = { run: 0, step: 0, graph: 0 }; // of a recorded training; graph: the step whose graph is shown
    readonly choices: Record<Choice, string> = { ...firstChoices };
    readonly trained = new Map<number, boolean>(); // leaves that the reader has an optimizer train, or not
    private readonly listeners: Listener[] = [];

    original: Trace;
    readonly recording: Trace; // as it was read

    constructor(trace: Trace) {
        this.original = this.recording = trace;
        this.take(trace);
        this.selected = trace.root;
        this.trace = trace;
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
        const [base, pass] = this.tensors ? this.passOfTensors(this.tensors) : this.passOfScalars();
        base.events = pass.events;
        base.nodes.forEach((n, i) => (n.gradient = pass.gradients[i]));
        base.edges.forEach((e, i) => (e.contribution = pass.contributions[i]));
        this.trace = base;
        this.walk = new Walk(base.events, pass.start, pass.startTensors);
        this.walk.go(position);
        this.check();
    }
    private check(): void {
        const { trace, tensors, step } = this;
        this.checker = tensors ? new TensorChecker(trace, tensors, this.values, this.edits, this.totals, step) : new Checker(trace, this.obstacle?.node ?? -1, step);
    }
    private get mistaken(): boolean {
        return this.mistakes.overwrite || this.mistakes.keep;
    }
    private passOfScalars(): [Trace, Pass] {
        const base = isEdited(this.edits) ? edited(this.original, this.edits) : copyOf(this.original);
        this.right = backward(base).gradients;
        return [base, backward(base, this.mistakes, this.right)];
    }
    // The recorded events as they are; those of edits and mistakes are made anew.
    private passOfTensors(run: TensorRun): [Trace, Pass] {
        this.values = run.numbers;
        if (run.obstacle || (!isEdited(this.edits) && !this.mistaken)) {
            const base = copyOf(this.original);
            const pass = backward(base);
            this.right = pass.gradients;
            this.totals = base.nodes.map(() => null);
            for (const { node, after, tensors } of pass.events) this.totals[node] = (tensors?.after ?? -1) < 0 ? Float64Array.of(after) : Float64Array.from(base.tensors[tensors!.after].values);
            this.rightTotals = this.totals;
            return [base, pass];
        }
        if (isEdited(this.edits)) this.values = run.editedValues(this.edits);
        const base = run.edited(this.edits, this.values);
        const right = run.backward(base, this.values, this.edits, noMistakes);
        const pass = this.mistaken ? run.backward(base, this.values, this.edits, this.mistakes, right.totals) : right;
        base.recorded = right.events;
        [this.right, this.rightTotals, this.totals] = [right.gradients, right.totals, pass.totals];
        return [base, pass];
    }
    /// Whether a mistake makes the gradient of a node another than it is.
    isWrong(node: number): boolean {
        if (!this.tensors) return !Object.is(this.trace.nodes[node].gradient, this.right[node]);
        const [a, b] = [this.totals[node], this.rightTotals[node]];
        return a !== b && !(a && b && a.every((x, i) => Object.is(x, b[i])));
    }
    /// The numbers of a node, and of its gradient after the last event.
    numbers(node: number): ArrayLike<number> {
        return this.tensors ? this.values[node] : [this.trace.nodes[node].value];
    }
    total(node: number): ArrayLike<number> | null {
        const { gradient } = this.trace.nodes[node];
        return this.tensors ? this.totals[node] : gradient === null ? null : [gradient];
    }
    /// What one way from the root brings to its end, of a run with tensors.
    pathProduct(edges: readonly number[]): Numbers | null {
        let g: Numbers | null = this.tensors?.seed ?? null;
        for (const e of edges) g = g && this.tensors!.pull(e, this.values, g, this.edits);
        return g;
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

    choose(what: Choice, value: string): void {
        this.choices[what] = value;
        this.tell("node");
    }
    train(node: number, wanted: boolean): void {
        this.trained.set(node, wanted);
        this.tell("node");
    }

    // Changing.
    get editable(): boolean {
        return this.obstacle === null;
    }
    setLeaf(node: number, x: number): boolean {
        if (!this.editable || !isLeaf(this.original.nodes[node]) || Number.isNaN(x)) return false;
        if (x === this.original.nodes[node].value) this.edits.values.delete(node);
        else this.edits.values.set(node, x);
        this.change();
        return true;
    }
    setElement(node: number, at: number, x: number): boolean {
        if (!this.editable || !this.tensors || !isLeaf(this.original.nodes[node]) || Number.isNaN(x) || !(at < this.values[node].length)) return false;
        const elements = this.edits.elements.get(node) ?? new Map<number, number>();
        if (x === this.tensors.numbers[node][at]) elements.delete(at);
        else elements.set(at, x);
        if (elements.size > 0) this.edits.elements.set(node, elements);
        else this.edits.elements.delete(node);
        this.change();
        return true;
    }
    setLeaves(values: ReadonlyMap<number, readonly number[]>): void {
        this.edits = this.editsWith(values);
        this.change();
    }
    /// The edits where leaves have other numbers, all of each.
    editsWith(values: ReadonlyMap<number, readonly number[]>): Edits {
        const edits: Edits = { values: new Map(this.edits.values), elements: new Map(this.edits.elements), operations: this.edits.operations };
        for (const [node, x] of values) {
            if (this.original.nodes[node].shape.length === 0) edits.values.set(node, x[0]);
            else edits.elements.set(node, new Map(x.map((v, i): [number, number] => [i, v])));
        }
        return edits;
    }
    /// The loss that the program would have with these edits.
    lossWith(edits: Edits): number {
        const root = this.original.root;
        return this.tensors ? this.tensors.editedValues(edits)[root][0] : edited(this.original, edits).nodes[root].value;
    }
    /// Whether another function of one number can stand in for its operation.
    takesFunction(node: number): boolean {
        return this.editable && this.original.nodes[node].inputs.length === 1 && (!this.tensors || this.tensors.isElementwise(node));
    }
    setOperation(node: number, op: string): void {
        if (!this.takesFunction(node)) return;
        if (op === this.original.nodes[node].op) this.edits.operations.delete(node);
        else this.edits.operations.set(node, op);
        this.change();
    }
    /// A step of a recorded training: its graph, where that was kept.
    showStep(run: number, step: number): void {
        const { runs } = this.recording;
        if (!runs[run]) return;
        const at = Math.min(Math.max(0, Math.trunc(step)), runs[run].steps - 1);
        const graph = graphNear(this.recording, runs[run], at);
        this.film = { run, step: at, graph };
        this.take(traceAt(this.recording, runs[run], graph) ?? this.recording);
        this.edits = noEdits();
        this.change();
    }
    private take(trace: Trace): void {
        this.original = trace;
        this.tensors = trace.recorded ? new TensorRun(trace) : null;
        const unknown = this.tensors ? -1 : firstUnknown(trace);
        if (this.tensors?.obstacle) this.mistakes = noMistakes; // which need what is computed here
        this.obstacle = this.tensors ? this.tensors.obstacle : unknown < 0 ? null : { why: "operation", node: unknown };
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
        if (this.tensors && !this.editable) return;
        this.mistakes = mistakes;
        this.change();
    }
    setStep(step: number): void {
        if (!(step > 0)) return;
        this.step = step;
        this.check();
        this.tell("trace");
    }
}
