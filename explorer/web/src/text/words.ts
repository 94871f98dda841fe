// The page's language. Views ask t() whenever they draw, so another language is another drawing.
import { en, type Key } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";
const languages = { en, zh } as const;
let current: Language = "en";

export const language = (): Language => current;
export function setLanguage(to: Language): void {
    current = to;
}
/// The words of a key, with {name} replaced.
export function t(key: Key, values: Record<string, string | number> = {}): string {
    return (languages[current][key] as string).replace(/\{(\w+)\}/g, (all, name: string) =>
        Object.hasOwn(values, name) ? String(values[name]) : all,
    );
}
