// Who is in a conversation, and whether the app is: the buttons at its head.

import { fill, h, icon, iconButton } from "../lib/dom.js";
import { menu, popup } from "../lib/popup.js";

/** The buttons for a conversation's head. `app`: {store, act}. */
export function people(conversation, app) {
  const { id, kind, installed } = conversation;
  const bot = app.store.bot.name;
  const where = kind === "channel" ? "the team" : "the chat";
  const items = installed
    ? [{ label: `Remove ${bot} from ${where}`, danger: true, choose: () => app.act({ type: "uninstall", conversation: id }) }]
    : [{ label: `Add ${bot} to ${where}`, choose: () => app.act({ type: "install", conversation: id }) }];
  const more = iconButton("more", "More options", () => menu(more, items, { label: "More options" }), { "aria-haspopup": "menu", "aria-expanded": "false" });
  return [kind !== "personal" && roster(conversation, app), more];
}

function roster(conversation, app) {
  const count = conversation.members.length;
  const open = () => {
    const list = h("ul", { class: "roster" });
    const close = popup(button, list, { label: "People" });
    fill(list, rows(conversation, app, (action) => {
      close();
      app.act({ ...action, conversation: conversation.id });
    }));
    list.querySelector("button")?.focus();
  };
  const button = h("button", { type: "button", class: "button small quiet", "aria-label": `People, ${count}`, "aria-haspopup": "true", "aria-expanded": "false", on: { click: open } }, icon("people"), String(count));
  return button;
}

function rows(conversation, { store }, act) {
  const inside = new Set(conversation.members);
  const row = (id, change) => h("li", {}, h("span", {}, store.nameOf(id), id === store.me && " (you)"), change);
  const remove = (id) => iconButton("close", `Remove ${store.nameOf(id)}`, () => act({ type: "remove_member", member: id }));
  const add = (id) => iconButton("plus", `Add ${store.nameOf(id)}`, () => act({ type: "add_member", member: id }));
  const others = [...store.users.keys()].filter((id) => !inside.has(id));
  return [...conversation.members.map((id) => row(id, id !== store.me && remove(id))), ...others.map((id) => row(id, add(id)))];
}
