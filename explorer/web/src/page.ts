// One page: the views around a session.
import { h } from "./draw/dom";
import { fromHash, toHash } from "./state/hash";
import { type Change, firstChoices, Session } from "./state/session";
import { t } from "./text/words";
import { nameOf } from "./trace/trace";
import type { Trace } from "./trace/types";
import { Card } from "./views/card";
import { Controls } from "./views/controls";
import { Graph } from "./views/graph";
import { Header } from "./views/header";
import { Inspector } from "./views/inspector";
import { listenToKeys } from "./views/keys";
import { Ledger } from "./views/ledger";
import { Banner, MistakeSwitches } from "./views/mistakes";
import { Optimizer } from "./views/optimizer";
import { Paths } from "./views/paths";
import { Quiz } from "./views/quiz";
import { Source } from "./views/source";
import { Steps } from "./views/steps";
import { Table } from "./views/table";
import { TensorView } from "./views/tensor";
import { Timeline } from "./views/timeline";
import { Tools } from "./views/tools";
import { Training } from "./views/training";
import type { View } from "./views/view";

/// Shows a trace in place of what is shown. Returns what takes the page away again.
export function showPage(trace: Trace, openFile: (file: File) => void): () => void {
    const session = new Session(trace);
    const update = (change: Change | "all") => {
        for (const view of views) view.update(change);
    };
    const redraw = () => {
        document.title = `${nameOf(trace, trace.root)} · ${t("title")}`;
        update("all");
        remember(session);
    };
    const header = new Header(session, redraw, openFile, () => remember(session));
    const controls = new Controls(session);
    const graph = new Graph(session);
    const inspector = new Inspector(session);
    const table = new Table(session, (node) => (session.select(node), inspector.focus()));
    const optimizer = new Optimizer(session);
    const tools = new Tools(session, [
        { key: "paths", view: new Paths(session, (edges) => graph.light(edges)) },
        { key: "quiz", view: new Quiz(session) },
        { key: "mistakes", view: new MistakeSwitches(session) },
        { key: "steps", view: new Steps(session) },
        { key: "optimizer", view: optimizer },
    ]);
    const [card, ledger, source, timeline, banner, tensor, training] = [new Card(session), new Ledger(session), new Source(session), new Timeline(session), new Banner(session), new TensorView(session), new Training(session)];
    const views: View[] = [header, banner, timeline, controls, graph, card, ledger, inspector, tensor, training, source, tools, table];

    const main = h(
        "main",
        {},
        h("div", { class: "wide" }, training.element, graph.element, table.element),
        h("div", { class: "side" }, card.element, ledger.element, inspector.element, tensor.element, source.element, tools.element),
    );
    const top = h("div", { class: "walkway" }, timeline.element, controls.element);
    document.body.replaceChildren(header.element, banner.element, top, main, ...document.querySelectorAll("dialog"));

    fromHash(session, location.hash);
    let phase = session.phase;
    let before = firstChoices.tool;
    session.listen((change) => {
        update(change);
        // The update brings the optimizer up, and before it what was open is open again.
        const [from, to] = [phase, session.phase];
        phase = to;
        if (from < 6 && to === 6) (before = session.choices.tool), tools.open("optimizer");
        else if (from >= 6 && to < 6 && session.choices.tool === "optimizer") tools.open(before);
        remember(session);
    });
    redraw();
    const keys = listenToKeys(session, controls, graph, tools, header);
    document.addEventListener("keydown", keys);
    return () => {
        controls.pause();
        document.removeEventListener("keydown", keys);
    };
}

// Browsers count changes of the address and complain of a hundred in half a minute, so most of a long run of them wait.
let writing = 0;
const written: number[] = [];
function remember(session: Session): void {
    const write = () => {
        const hash = toHash(session);
        if ((hash === "" ? "" : `#${hash}`) === location.hash) return;
        written.push(performance.now());
        history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`);
    };
    clearTimeout(writing);
    while (performance.now() - written[0] > 30_000) written.shift();
    if (written.length < 40) write();
    else writing = window.setTimeout(write, 600);
}
