// The rail and the list of chats and channels.

import { dots, fill, find, focusedIn, h, icon } from "../lib/dom.js";

export class Sidebar {
  /** `app`: {store, select}. */
  constructor(app) {
    this.app = app;
    this.rail = h("nav", { class: "rail", "aria-label": "Teams" });
    this.list = h("nav", { class: "chats", "aria-label": "Chats and channels" });
  }

  render(selected) {
    const { store } = this.app;
    const key = JSON.stringify([store.tenant, selected, [...store.conversations.values()], [...store.teams.values()], [...store.unread], [...store.typing]]);
    if (key === this.key) return;
    this.key = key;
    const focused = (focusedIn(this.rail) ?? focusedIn(this.list))?.dataset.key;
    const kind = store.conversations.get(selected)?.kind;
    fill(this.rail, this.jump("chat", "Chat", (each) => each !== "channel", kind), this.jump("people", "Teams", (each) => each === "channel", kind));
    fill(this.list,
      h("p", { class: "tenant" }, store.tenant.name),
      this.group("Chats", store.chats(), selected),
      [...store.teams.values()].map((team) => this.group(team.name, store.channels(team.id), selected)),
      h("p", { class: "signed-in" }, "You are ", h("strong", {}, store.nameOf(store.me))));
    if (focused) find(document, `.rail [data-key="${CSS.escape(focused)}"], .chats [data-key="${CSS.escape(focused)}"]`)?.focus();
    const unread = [...store.unread.values()].reduce((sum, count) => sum + count, 0);
    document.title = unread ? `(${unread}) Gateway playground` : "Gateway playground";
  }

  /** A rail button: to the first conversation of its sort. */
  jump(mark, label, fits, current) {
    const first = [...this.app.store.conversations.values()].find((each) => fits(each.kind));
    return h("button", {
      type: "button", class: "rail-button", "aria-current": current && fits(current) ? "true" : null, disabled: !first, dataset: { key: `rail ${label}` },
      on: { click: () => { if (!current || !fits(current)) this.app.select(first.id, { focus: true }); } },
    }, icon(mark), label);
  }

  group(title, conversations, selected) {
    const { store } = this.app;
    if (!conversations.length) return null;
    return h("section", { class: "chat-group", "aria-label": title }, h("h2", {}, title), h("ul", {}, conversations.map((each) => {
      const unread = store.unread.get(each.id) ?? 0;
      return h("li", {}, h("button", {
        type: "button", class: unread ? "chat unread" : "chat", "aria-current": each.id === selected ? "true" : null, dataset: { key: `chat ${each.id}` },
        on: { click: () => this.app.select(each.id, { focus: true }) },
      }, h("span", { class: `place ${each.kind}`, "aria-hidden": "true" }, icon(each.kind === "personal" ? "spark" : each.kind === "groupChat" ? "people" : "chat")),
      h("span", { class: "chat-name" }, store.title(each)),
      store.typing.has(each.id) && each.id !== selected && dots("typing"),
      unread > 0 && h("span", { class: "unread-count", "aria-label": `${unread} unread` }, String(unread))));
    })));
  }
}
