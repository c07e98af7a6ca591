// What a newcomer reads where nothing has been said.

import { fill, h, icon } from "../lib/dom.js";

/** Fills `node` for an empty conversation, else empties it. `pane`: {app, composer}. */
export function introduce(node, conversation, empty, { app, composer }) {
  const key = `${conversation.id} ${empty}`;
  if (node.dataset.shown === key) return;
  node.dataset.shown = key;
  fill(node, empty && words(conversation, app, composer));
}

function words(conversation, app, composer) {
  const { name } = app.store.bot;
  const title = app.store.title(conversation);
  if (conversation.kind === "personal") {
    return [h("div", { class: "intro-mark" }, icon("spark")), h("h3", {}, `This is your chat with ${name}`),
      h("p", {}, "Write anything: every message here reaches your bot. Only here it can stream, and take and give files.")];
  }
  const mention = h("button", { type: "button", class: "button primary", on: { click: () => composer.insert(`@${name} `) } }, `Mention @${name}`);
  const own = app.store.chats().find((chat) => chat.kind === "personal");
  const personal = own && h("button", { type: "button", class: "button", on: { click: () => app.select(own.id, { focus: true }) } }, "Open the personal chat");
  return [h("div", { class: "intro-mark" }, icon("people")), h("h3", {}, `Welcome to ${title}`),
    h("p", {}, "Your bot hears what mentions it: begin with ", h("strong", {}, `@${name}`), conversation.kind === "channel" ? "; it answers in the post’s thread." : "."),
    h("div", { class: "intro-actions" }, mention, personal)];
}
