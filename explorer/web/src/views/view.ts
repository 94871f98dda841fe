// What a view is: a part of the page that follows the session.
import { nameOf } from "../trace/trace";
import type { Change, Session } from "../state/session";

export interface View {
    readonly element: HTMLElement;
    /// "all" after another language or a new page.
    update(change: Change | "all"): void;
}

export const derivativeName = (session: Session, node: number): string =>
    `∂${nameOf(session.trace, session.trace.root)}/∂${nameOf(session.trace, node)}`;
