// Who is in a conversation, and whether the app is: the buttons at its head.

import { fill, h, icon, iconButton } from "../lib/dom.js";
import { menu, popup } from "../lib/popup.js";

export class People {
  /** `app`: {store, act}. */
  constructor(app) {
    this.app = app;
    this.roster = h("button", { type: "button", class: "button small quiet", "aria-haspopup": "true", "aria-expanded": "false", on: { click: () => this.list() } });
    this.more = iconButton("more", "More options", () => menu(this.more, this.options(), { label: "More options" }), { "aria-haspopup": "menu", "aria-expanded": "false" });
    this.node = h("div", { class: "pane-tools" }, this.roster, this.more);
  }

  render(conversation) {
    this.conversation = conversation;
    const count = conversation.members.length;
    this.roster.hidden = conversation.kind === "personal";
    this.roster.setAttribute("aria-label", `People, ${count}`);
    fill(this.roster, icon("people"), count);
  }

  options() {
    const { id, kind, installed } = this.conversation;
    const { name } = this.app.store.bot;
    const where = kind === "channel" ? "the team" : "the chat";
    if (installed) return [{ label: `Remove ${name} from ${where}`, danger: true, choose: () => this.app.act({ type: "uninstall", conversation: id }) }];
    return [{ label: `Add ${name} to ${where}`, choose: () => this.app.act({ type: "install", conversation: id }) }];
  }

  list() {
    const list = h("ul", { class: "roster" });
    const close = popup(this.roster, list, { label: "People" });
    fill(list, rows(this.conversation, this.app, (action) => {
      close();
      this.app.act({ ...action, conversation: this.conversation.id });
    }));
    list.querySelector("button")?.focus();
  }
}

function rows(conversation, { store }, act) {
  const inside = new Set(conversation.members);
  const row = (id, change) => h("li", {}, h("span", {}, store.nameOf(id), id === store.me && " (you)"), change);
  const remove = (id) => iconButton("close", `Remove ${store.nameOf(id)}`, () => act({ type: "remove_member", member: id }));
  const add = (id) => iconButton("plus", `Add ${store.nameOf(id)}`, () => act({ type: "add_member", member: id }));
  const others = [...store.users.keys()].filter((id) => !inside.has(id));
  return [...conversation.members.map((id) => row(id, id !== store.me && remove(id))), ...others.map((id) => row(id, add(id)))];
}
