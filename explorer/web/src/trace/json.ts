// Reads parts of a JSON file, or refuses with the reason.

/// A text in the words of the code, which another language may have others for: "{0} has no input {1}", and what stands there.
export class Said {
    constructor(
        readonly pattern: string,
        readonly parts: readonly (Said | string | number)[],
    ) {}
    in(words: Readonly<Record<string, string>>): string {
        const pattern = Object.hasOwn(words, this.pattern) ? words[this.pattern] : this.pattern;
        return pattern.replace(/\{(\d)\}/g, (_, i: string) => {
            const part = this.parts[Number(i)];
            return part instanceof Said ? part.in(words) : String(part);
        });
    }
    toString(): string {
        return this.in({});
    }
}
export const say = (text: TemplateStringsArray, ...parts: (Said | string | number)[]): Said => new Said(text.reduce((all, piece, i) => `${all}{${i - 1}}${piece}`), parts);

export class Refusal extends Error {
    constructor(readonly why: Said) {
        super(String(why));
    }
}
export function refuse(text: TemplateStringsArray, ...parts: (Said | string | number)[]): never {
    throw new Refusal(say(text, ...parts));
}

export type Json = Record<string, unknown>;
export const isObject = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
export const object = (x: unknown, where: Said): Json => (isObject(x) ? x : refuse`${where} is no object`);

export function list(of: Json, key: string): unknown[] {
    if (!(key in of)) return refuse`the trace has no "${key}"`;
    const found = of[key];
    return Array.isArray(found) ? found : refuse`"${key}" is no list`;
}
export function integer(of: Json, key: string, where: Said): number {
    if (!(key in of)) return refuse`${where} has no "${key}"`;
    const x = of[key];
    return typeof x === "number" && Number.isInteger(x) ? x : refuse`"${key}" of ${where} is no integer`;
}
export function text(of: Json, key: string, where: Said): string {
    const x = of[key] ?? "";
    return typeof x === "string" ? x : refuse`"${key}" of ${where} is no text`;
}
// JSON has no name for these.
const words: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
export function real(x: unknown, where: Said): number {
    if (typeof x === "number") return x;
    return typeof x === "string" && Object.hasOwn(words, x) ? words[x] : refuse`${where} is no number`;
}
export const maybe = (of: Json, key: string, where: Said): number | null =>
    of[key] === undefined || of[key] === null ? null : real(of[key], say`"${key}" of ${where}`);
