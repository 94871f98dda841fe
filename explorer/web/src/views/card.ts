// The equation of the current event: upstream times local, in symbols and in numbers.
import { h, math, setNumber } from "../draw/dom";
import { block, derivative, factor, inline, localDerivative, name, number, op, symbol, type Formula } from "../draw/formula";
import { ruleOf } from "../text/rules";
import { t } from "../text/words";
import { chainOf, factorsOf } from "../trace/chain";
import { fullNumber, shortNumber } from "../trace/notation";
import { nameOf } from "../trace/trace";
import type { TraceEdge, TraceEvent } from "../trace/types";
import { tensorText } from "../trace/quantity";
import type { Session } from "../state/session";
import { setQuantity } from "./quantity";
import type { View } from "./view";

interface Cell {
    box: HTMLElement;
    number: HTMLElement;
    symbol: HTMLElement;
    title: HTMLElement;
}

function cell(id: string): Cell {
    const number = h("output", { "data-testid": `card-${id}`, class: "number" });
    const symbol = h("div", { class: "symbol" });
    const title = h("div", { class: "caption" });
    return { box: h("div", { class: `factor factor-${id}` }, title, symbol, number), number, symbol, title };
}

export class Card implements View {
    readonly element: HTMLElement;
    private readonly title = h("h2");
    private readonly equation = h("div", { class: "equation", tabindex: 0, role: "group" });
    private readonly words = h("p", { class: "words" });
    private readonly cells = { upstream: cell("upstream"), local: cell("local"), product: cell("product") };

    constructor(private readonly session: Session) {
        const { upstream, local, product } = this.cells;
        const sign = (s: string) => h("span", { class: "sign", "aria-hidden": "true" }, s);
        const factors = h("div", { class: "factors" }, upstream.box, sign("×"), local.box, sign("="), product.box);
        this.element = h("section", { class: "panel card", "data-testid": "card" }, this.title, this.equation, factors, this.words);
    }

    update(): void {
        this.title.textContent = t("card");
        this.equation.setAttribute("aria-label", t("card"));
        for (const key of ["upstream", "local", "product"] as const) this.cells[key].title.textContent = t(key);
        const event = this.session.phase === 5 ? this.session.walk.event : null;
        this.element.dataset.kind = event?.kind ?? "none";
        this.fill(event);
    }

    private fill(event: TraceEvent | null): void {
        if (event?.kind === "contribution") return this.contribution(event);
        const { trace } = this.session;
        if (event?.kind === "seed") {
            const dLdL = derivative(trace, trace.root);
            this.equation.replaceChildren(block(dLdL, op("="), number(event.product, true)));
            this.numbers(event.product, 1, event.product);
            this.symbols(null, null, null);
            this.words.textContent = t("card_seed");
            return;
        }
        this.numbers(null, null, null);
        this.symbols(null, null, null);
        if (!event) {
            this.equation.replaceChildren(block(derivative(trace, trace.root), op("="), op("?")));
            const { phase } = this.session;
            this.words.textContent = phase === 4 || phase === 5 ? t("card_start") : t(`said${phase}`);
            return;
        }
        const place = event.tensors?.after ?? -1;
        const total = place >= 0 ? math("mtext", {}, tensorText(trace.tensors[place])) : number(event.after, true);
        this.equation.replaceChildren(block(derivative(trace, event.node), op("="), total));
        this.words.textContent = t("card_complete", { name: nameOf(trace, event.node) });
    }

    // Of tensors: the rule in words, and what comes of it.
    private rule(event: TraceEvent, edge: TraceEdge): void {
        const { trace } = this.session;
        const words = math("mtext", {}, ruleOf(trace, edge).replaceAll(" * ", " · "));
        this.equation.replaceChildren(block(derivative(trace, event.node), op("+="), words));
        const { upstream, local, product } = this.cells;
        setQuantity(upstream.number, trace, event.upstream, event.tensors?.upstream ?? -1);
        const known = !Number.isNaN(event.local) || edge.localTensor >= 0;
        setQuantity(local.number, trace, known ? event.local : null, edge.localTensor, t("rule_of"));
        setQuantity(product.number, trace, event.product, event.tensors?.product ?? -1);
        this.symbols(inline(derivative(trace, edge.to)), known ? inline(localDerivative(trace, edge)) : null, inline(name("Δ"), derivative(trace, event.node)));
        const names = { to: nameOf(trace, edge.to), from: nameOf(trace, event.node), op: trace.nodes[edge.to].op };
        this.words.textContent = `${t("card_rule", names)} ${t(event.before === null ? "card_first" : "card_more", names)}`;
    }

    private contribution(event: TraceEvent): void {
        const { trace, mistakes } = this.session;
        const edge = trace.edges[event.edge];
        if (edge.vjp !== "" && trace.recorded) return this.rule(event, edge);
        const sign = mistakes.overwrite ? "=" : "+=";
        const chain = chainOf(trace, edge);
        const lines: Formula[] = [
            block(derivative(trace, event.node), op(sign), derivative(trace, edge.to), op("·"), localDerivative(trace, edge), op("="), derivative(trace, edge.to), op("·"), factor(trace, edge)),
        ];
        if (chain.edges.length > 1) {
            const factors = factorsOf(trace, chain).map((e) => factor(trace, e));
            if (chain.from !== trace.root || factors.length === 0) factors.unshift(derivative(trace, chain.from));
            const product = factors.flatMap((f, i) => (i === 0 ? [f] : [op("·"), f]));
            lines.push(block(derivative(trace, event.node), op(sign), ...product));
        }
        this.equation.replaceChildren(...lines);
        this.numbers(event.upstream, event.local, event.product);
        this.symbols(inline(derivative(trace, edge.to)), inline(localDerivative(trace, edge), op("="), symbol(trace, edge)), inline(name("Δ"), derivative(trace, event.node)));
        const names = { to: nameOf(trace, edge.to), from: nameOf(trace, event.node) };
        const more = event.before === null ? t("card_first", names) : mistakes.overwrite ? t("card_overwritten") : t("card_more", names);
        const sum = event.before === null || mistakes.overwrite ? "" : ` ${shortNumber(event.before)} + ${shortNumber(event.product)} = ${shortNumber(event.after)}.`;
        // A dead ReLU, a saturated sigmoid
        const stops = event.local === 0 ? ` ${t("card_dead", names)}` : Math.abs(event.local) < 1e-3 && trace.nodes[edge.to].inputs.length === 1 ? ` ${t("card_flat", names)}` : "";
        this.words.textContent = `${t("card_add", names)}${stops} ${more}${sum}`;
    }

    private numbers(upstream: number | null, local: number | null, product: number | null): void {
        const set = (c: Cell, x: number | null) => setNumber(c.number, x, x === null ? "–" : shortNumber(x), x === null ? "" : fullNumber(x));
        set(this.cells.upstream, upstream);
        set(this.cells.local, local);
        set(this.cells.product, product);
    }
    private symbols(upstream: Element | null, local: Element | null, product: Element | null): void {
        const set = (c: Cell, x: Element | null) => c.symbol.replaceChildren(...(x ? [x] : []));
        set(this.cells.upstream, upstream);
        set(this.cells.local, local);
        set(this.cells.product, product);
    }
}
