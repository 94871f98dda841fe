// One step of an optimizer on numbers, as the library makes it: gradient descent, momentum, Adam with PyTorch's defaults.
export type Rule = "sgd" | "momentum" | "adam";
export const rules: readonly Rule[] = ["sgd", "momentum", "adam"];

export interface Memory {
    steps: number;
    first: number; // velocity of momentum, first moment of Adam
    second: number;
}
export const noMemory: Memory = { steps: 0, first: 0, second: 0 };

export interface Step {
    x: number;
    memory: Memory;
}

export function stepOf(rule: Rule, lr: number, x: number, gradient: number, memory: Memory = noMemory): Step {
    const steps = memory.steps + 1;
    if (rule === "sgd") return { x: x - lr * gradient, memory: { ...memory, steps } };
    if (rule === "momentum") {
        const first = memory.steps === 0 ? gradient : 0.9 * memory.first + gradient;
        return { x: x - lr * first, memory: { steps, first, second: 0 } };
    }
    const first = 0.9 * memory.first + 0.1 * gradient;
    const second = 0.999 * memory.second + 0.001 * gradient * gradient;
    const update = first / (1 - 0.9 ** steps) / (Math.sqrt(second / (1 - 0.999 ** steps)) + 1e-8);
    return { x: x - lr * update, memory: { steps, first, second } };
}
