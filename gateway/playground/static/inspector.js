// What goes over the wire between the platform and the bot, newest last; bounded.

import { fill, h, icon, iconButton } from "./lib/dom.js";
import { jsonText, jsonTree } from "./lib/json.js";

const MAX_ENTRIES = 500;

export class Inspector {
  constructor(root) {
    this.entries = [];
    this.held = [];
    this.paused = false;
    this.filter = "";
    this.search = h("input", {
      type: "search", class: "inspector-filter", placeholder: "Filter by method or content", "aria-label": "Filter the entries",
      spellcheck: "false", autocomplete: "off", on: { input: () => this.refilter() },
    });
    this.pauseButton = iconButton("pause", "Pause", () => this.pause(!this.paused), { "aria-pressed": "false" });
    this.count = h("span", { class: "inspector-count" });
    this.list = h("ol", { class: "wire-list" });
    this.empty = h("div", { class: "inspector-empty" },
      h("p", {}, "Every request between the platform and your bot shows up here, with its payload."),
      h("p", { class: "legend" }, arrow("to_bot"), " the platform calls your bot"),
      h("p", { class: "legend" }, arrow("from_bot"), " your bot calls the platform"));
    this.scroller = h("div", { class: "wire-scroll" }, this.empty, this.list);
    fill(root,
      h("div", { class: "inspector-head" },
        h("h2", {}, "Inspector"), this.count,
        h("div", { class: "inspector-tools" }, this.pauseButton, iconButton("trash", "Clear", () => this.clear()))),
      h("div", { class: "inspector-search" }, this.search),
      this.scroller);
    this.recount();
  }

  /** One exchange: {direction, name, status, ms, at, request, response}. */
  add(wire) {
    if (this.paused) {
      this.held.push(wire);
      if (this.held.length > MAX_ENTRIES) this.held.shift();
      this.recount();
      return;
    }
    const atEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 40;
    const entry = { wire, haystack: null, node: row(wire) };
    this.entries.push(entry);
    entry.node.hidden = !this.matches(entry);
    this.list.append(entry.node);
    while (this.entries.length > MAX_ENTRIES) this.entries.shift().node.remove();
    this.recount();
    if (atEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  pause(paused) {
    this.paused = paused;
    this.pauseButton.setAttribute("aria-pressed", String(paused));
    this.pauseButton.setAttribute("aria-label", paused ? "Go on" : "Pause");
    this.pauseButton.title = paused ? "Go on" : "Pause";
    fill(this.pauseButton, icon(paused ? "play" : "pause"));
    if (!paused) for (const wire of this.held.splice(0)) this.add(wire);
    this.recount();
  }

  clear() {
    this.entries = [];
    this.held = [];
    this.list.replaceChildren();
    this.recount();
  }

  refilter() {
    this.filter = this.search.value.trim().toLowerCase();
    for (const entry of this.entries) entry.node.hidden = !this.matches(entry);
    this.recount();
  }

  matches(entry) {
    if (!this.filter) return true;
    // Made only when someone filters: most entries are never searched.
    entry.haystack ??= JSON.stringify([entry.wire.name, entry.wire.status, entry.wire.request, entry.wire.response]).toLowerCase();
    return entry.haystack.includes(this.filter);
  }

  recount() {
    const shown = this.filter ? this.entries.filter((entry) => !entry.node.hidden).length : this.entries.length;
    const total = this.filter ? `${shown} of ${this.entries.length}` : shown ? String(shown) : "";
    this.count.textContent = this.held.length ? `${total} · ${this.held.length} held` : total;
    this.empty.hidden = this.entries.length > 0;
  }
}

function arrow(direction) {
  const inward = direction === "to_bot";
  return h("span", { class: `arrow ${direction}`, role: "img", "aria-label": inward ? "to the bot" : "from the bot" }, inward ? "→" : "←");
}

function failed(wire) {
  return wire.status >= 400 || wire.status === 0 || wire.response?.ok === false;
}

function row(wire) {
  const bad = failed(wire);
  const status = wire.response?.ok === false && wire.response.error ? String(wire.response.error) : String(wire.status);
  const detail = h("div", { class: "wire-detail", hidden: true });
  const button = h("button", {
    type: "button", class: "wire-row", "aria-expanded": "false",
    on: { click: () => {
      const open = detail.hidden;
      if (open) fill(detail, part("Request", wire.request), part("Response", wire.response));
      detail.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    } },
  },
  arrow(wire.direction),
  h("span", { class: "wire-name" }, wire.name),
  h("span", { class: bad ? "wire-status bad" : "wire-status" }, status),
  h("span", { class: "wire-ms" }, wire.ms >= 10 ? `${Math.round(wire.ms)} ms` : `${Number(wire.ms ?? 0).toFixed(1)} ms`));
  if (wire.at) button.title = new Date(wire.at * 1000).toLocaleTimeString();
  return h("li", {}, button, detail);
}

function part(title, value) {
  const copy = iconButton("copy", `Copy the ${title.toLowerCase()}`, async () => {
    await navigator.clipboard.writeText(jsonText(value));
    fill(copy, icon("check"));
    setTimeout(() => fill(copy, icon("copy")), 1500);
  });
  return h("section", { class: "wire-part", "aria-label": title },
    h("div", { class: "wire-part-head" }, h("h3", {}, title), copy),
    value === null || value === undefined || value === "" ? h("p", { class: "wire-none" }, "empty") : jsonTree(value));
}
