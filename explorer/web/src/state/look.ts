// Language and theme: what the reader chose, or what the browser and the system ask for.
import { type Language, language, setLanguage } from "../text/words";

export type Theme = "auto" | "light" | "dark";
let theme: Theme = "auto";
let chosen = false; // the language
const dark = () => matchMedia("(prefers-color-scheme: dark)");

const paint = (): void => void (document.documentElement.dataset.theme = theme !== "auto" ? theme : dark().matches ? "dark" : "light");
function speak(to: Language): void {
    setLanguage(to);
    document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
}

export const themeNow = (): Theme => theme;
export function chooseTheme(to: Theme): void {
    theme = to;
    paint();
}
export function chooseLanguage(to: Language): void {
    chosen = true;
    speak(to);
}
/// At load: the address first, then the browser.
export function beginLook(hash: string): void {
    const wanted = new URLSearchParams(hash.replace(/^#/, ""));
    const [asked, painted] = [wanted.get("lang"), wanted.get("theme")];
    if (asked === "en" || asked === "zh") chooseLanguage(asked);
    else speak(navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
    chooseTheme(painted === "light" || painted === "dark" ? painted : "auto");
    dark().addEventListener("change", paint);
}
export function lookToHash(out: URLSearchParams): void {
    if (chosen) out.set("lang", language());
    if (theme !== "auto") out.set("theme", theme);
}
