// Walks the events of a backward pass in both directions. It begins before the first, where no gradient is known.
import type { TraceEvent } from "./types";

export class Walk {
    readonly gradients: (number | null)[];
    readonly tensors: Int32Array; // the place of a gradient that is a tensor, or -1
    private at = 0;

    constructor(
        readonly events: readonly TraceEvent[],
        start: readonly (number | null)[],
        startTensors: readonly number[] = [],
    ) {
        this.gradients = [...start];
        this.tensors = Int32Array.from(start, (_, i) => startTensors[i] ?? -1);
    }

    /// How many events have happened.
    get position(): number {
        return this.at;
    }
    /// The last one that happened.
    get event(): TraceEvent | null {
        return this.at > 0 ? this.events[this.at - 1] : null;
    }

    next(): boolean {
        if (this.at === this.events.length) return false;
        const event = this.events[this.at++];
        this.gradients[event.node] = event.after;
        this.tensors[event.node] = event.tensors?.after ?? -1;
        return true;
    }
    prev(): boolean {
        if (this.at === 0) return false;
        const event = this.events[--this.at];
        this.gradients[event.node] = event.before;
        this.tensors[event.node] = event.tensors?.before ?? -1;
        return true;
    }
    go(position: number): void {
        const target = Math.max(0, Math.min(this.events.length, Math.trunc(position)));
        while (this.at < target) this.next();
        while (this.at > target) this.prev();
    }
    /// To just after the next (or the one before) moment when a node is complete.
    nextNode(): boolean {
        const from = this.at;
        while (this.next() && this.event?.kind !== "complete") {}
        return this.at !== from;
    }
    prevNode(): boolean {
        const from = this.at;
        while (this.prev() && this.at > 0 && this.event?.kind !== "complete") {}
        return this.at !== from;
    }
}
