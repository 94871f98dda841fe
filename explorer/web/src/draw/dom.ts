// Elements from code, without a framework. Text is always text: nothing of a trace is ever read as HTML.
type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: any) => void)>;

function fill(element: Element, props: Props, children: Child[]): void {
    for (const [key, value] of Object.entries(props)) {
        if (typeof value === "function") element.addEventListener(key.replace(/^on/, ""), value);
        else if (value === true) element.setAttribute(key, "");
        else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
    }
    for (const child of children) if (child) element.append(child);
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
    const element = document.createElement(tag);
    fill(element, props, children);
    return element;
}
export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): SVGElementTagNameMap[K] {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    fill(element, props, children);
    return element;
}
export function math(tag: string, props: Props = {}, ...children: Child[]): MathMLElement {
    const element = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag) as MathMLElement;
    fill(element, props, children);
    return element;
}
export function setText(element: Element, text: string): void {
    if (element.textContent !== text) element.textContent = text;
}
/// Classes in one order and no empty attribute: a step on and back leaves the page as it was, letter for letter.
export function setClass(element: Element, name: string, on: boolean): void {
    const list = element.classList;
    if (list.contains(name) === on) return;
    list.toggle(name, on);
    if (list.length === 0) element.removeAttribute("class");
    else element.setAttribute("class", [...list].sort().join(" "));
}
/// A number for people, with all of it in data-value; null: nothing is there yet.
export function setNumber(element: Element, x: number | null, short: string, full: string): void {
    setText(element, short);
    if (x === null) element.removeAttribute("data-value");
    else element.setAttribute("data-value", full);
}
