// What a newcomer reads where nothing has been said.

import { h } from "../lib/dom.js";
import { introduction, mentionButton } from "../lib/pane.js";

/** What stands in an empty conversation. `pane`: {app, composer}. */
export function words(conversation, { app, composer }) {
  const { name } = app.store.bot;
  if (conversation.kind === "personal") {
    return introduction("spark", `This is your chat with ${name}`, "Write anything: every message here reaches your bot. Only here it can stream, and take and give files.");
  }
  const own = app.store.chats().find((chat) => chat.kind === "personal");
  const personal = own && h("button", { type: "button", class: "button", on: { click: () => app.select(own.id, { focus: true }) } }, "Open the personal chat");
  return introduction("people", `Welcome to ${app.store.title(conversation)}`,
    ["Your bot hears what mentions it: begin with ", h("strong", {}, `@${name}`), conversation.kind === "channel" ? "; it answers in the post’s thread." : "."],
    mentionButton(composer, name), personal);
}
