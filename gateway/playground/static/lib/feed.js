// A list of messages that is brought in line with the state by touching only what changed; it keeps focus and place.
//
// One message is in the tab order; the arrows move among them, Tab goes on into what the message holds.

import { find, findAll, focusedIn, h } from "./dom.js";

export class Feed {
  /** @param {Node | null} [before] what stands above the list and scrolls with it */
  constructor(before = null) {
    this.drawn = new Map();
    this.stuck = true;
    this.top = 0;
    this.list = h("ol", { class: "messages", "aria-label": "Messages", on: { keydown: (event) => this.rove(event), focusin: (event) => this.remember(event) } });
    this.node = h("div", { class: "pane-scroll", on: { scroll: () => this.scrolled() } }, before, this.list);
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.list);
  }

  /** Who scrolls up wants to read there; a list that only grew stays at its end. */
  scrolled() {
    const { scrollTop } = this.node;
    if (this.atEnd()) this.stuck = true;
    else if (scrollTop < this.top) this.stuck = false;
    this.top = scrollTop;
  }

  /** Draws everything anew at the next render. */
  forget() {
    this.drawn.clear();
    this.list.replaceChildren();
  }

  /** `build(keep)` returns the list's nodes, each made by `keep(key, inputs, draw)`; the others go. */
  render(build) {
    const kept = new Set();
    const nodes = build((key, inputs, draw) => {
      kept.add(key);
      return this.keep(key, inputs, draw);
    });
    for (const [key, { node }] of this.drawn) {
      if (kept.has(key)) continue;
      this.drawn.delete(key);
      node.remove();
    }
    arrange(this.list, nodes);
    this.anchor();
    if (this.stuck) this.toEnd();
  }

  /** The node under `key`, drawn again only when one of its inputs is another. */
  keep(key, inputs, draw) {
    const old = this.drawn.get(key);
    if (old && old.inputs.length === inputs.length && old.inputs.every((input, index) => input === inputs[index])) return old.node;
    // Asked before drawing: what is drawn may take pieces of the old node over, which lets go of the focus.
    const focused = old ? focusedIn(old.node) : null;
    const node = draw();
    if (old) {
      node.tabIndex = old.node.tabIndex;
      old.node.replaceWith(node);
      if (focused) refocus(node, focused, old.node);
    }
    this.drawn.set(key, { inputs, node });
    return node;
  }

  atEnd() {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 48;
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
  }

  anchor() {
    if (focusedIn(this.list)) return;
    const items = this.items();
    for (const item of items) item.tabIndex = item === items.at(-1) ? 0 : -1;
  }

  items() {
    return findAll(this.list, ".message");
  }

  remember(event) {
    const item = event.target.closest(".message");
    if (item) for (const each of this.items()) each.tabIndex = each === item ? 0 : -1;
  }

  rove(event) {
    if (!event.target.matches(".message")) return;
    const items = this.items();
    const at = items.indexOf(event.target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[Math.max(0, Math.min(items.length - 1, to))].focus();
  }
}

/** Puts nodes in order within a parent, moving none that stands right. */
export function arrange(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** After a message is drawn again: the control that moved over, or its like, else the message itself. */
function refocus(node, focused, old) {
  if (focused === old) return node.focus();
  if (node.contains(focused)) return focused.focus({ preventScroll: true });
  const keyed = focused.closest("[data-key]");
  const same = keyed && find(node, `[data-key="${CSS.escape(keyed.dataset.key)}"]`);
  (same ?? node).focus({ preventScroll: true });
}
