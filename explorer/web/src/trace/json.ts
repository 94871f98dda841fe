// Reads parts of a JSON file, or refuses with the reason.

export class Refusal extends Error {}
export const refuse = (why: string): never => {
    throw new Refusal(why);
};

export type Json = Record<string, unknown>;
export const isObject = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
export const object = (x: unknown, where: string): Json => (isObject(x) ? x : refuse(`${where} is no object`));

export function list(of: Json, key: string): unknown[] {
    if (!(key in of)) return refuse(`the trace has no "${key}"`);
    const found = of[key];
    return Array.isArray(found) ? found : refuse(`"${key}" is no list`);
}
export function integer(of: Json, key: string, where: string): number {
    if (!(key in of)) return refuse(`${where} has no "${key}"`);
    const x = of[key];
    return typeof x === "number" && Number.isInteger(x) ? x : refuse(`"${key}" of ${where} is no integer`);
}
export function text(of: Json, key: string, where: string): string {
    const x = of[key] ?? "";
    return typeof x === "string" ? x : refuse(`"${key}" of ${where} is no text`);
}
// JSON has no name for these.
const words: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
export function real(x: unknown, where: string): number {
    if (typeof x === "number") return x;
    return typeof x === "string" && Object.hasOwn(words, x) ? words[x] : refuse(`${where} is no number`);
}
export const maybe = (of: Json, key: string, where: string): number | null =>
    of[key] === undefined || of[key] === null ? null : real(of[key], `"${key}" of ${where}`);
