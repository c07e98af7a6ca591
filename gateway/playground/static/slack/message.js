// One message: author, body, files, reactions, thread, and what one can do with it.

import { attachment } from "../lib/attachment.js";
import { dots, h, icon, iconButton, link } from "../lib/dom.js";
import { avatar as mark } from "../lib/avatar.js";
import { ask } from "../lib/confirm.js";
import { editor } from "../lib/editor.js";
import { emoji, PALETTE } from "../lib/emoji.js";
import { palette } from "../lib/palette.js";
import { behindText } from "../lib/mark.js";
import { clock } from "../lib/time.js";
import { renderBlocks } from "./blocks.js";
import { mrkdwn, textToTyped } from "./mrkdwn.js";

export const timeOf = (ts) => new Date(Number.parseFloat(ts) * 1000);
const clockOf = (ts) => clock(timeOf(ts));

/** Who wrote a message, as a rounded square. */
export function avatar(message, store, size = "") {
  const name = store.author(message);
  return mark({ id: message.user || message.username || message.bot_id || name, name, bot: store.isBot(message), size });
}

/** What a message says, as nodes. */
export function bodyOf(message, surface) {
  const { store } = surface;
  if (message.subtype === "tombstone") return [h("p", { class: "tombstone" }, "This message was deleted.")];
  const body = message.blocks?.length ? renderBlocks(message.blocks, surface) : message.text ? [h("div", { class: "block mrkdwn" }, mrkdwn(message.text, store))] : [];
  for (const each of message.attachments ?? []) {
    body.push(h("div", { class: "attachment" }, each.title && h("p", { class: "card-title" }, each.title_link ? link(each.title_link, each.title) : each.title), each.blocks ? renderBlocks(each.blocks, surface) : mrkdwn(String(each.text ?? each.fallback ?? ""), store)));
  }
  return body;
}

/**
 * The list item for a message. `app`: {store, act, openThread, beginEdit, endEdit}; `how`: {channel, compact, thread
 * (whether it stands in a thread pane), replies, status, editing}.
 */
export function messageNode(message, app, how) {
  const { store } = app;
  const { channel } = how;
  const surface = { store, act: (action) => app.act({ type: "click", channel, ts: message.ts, ...action }) };
  const body = h("div", { class: "message-body" }, how.editing ? editing(message, app, channel) : bodyOf(message, surface));
  if (message.streaming) behindText(body, h("span", { class: "caret", role: "img", "aria-label": "still writing" }));
  if (message.edited && !how.editing) behindText(body, h("span", { class: "edited" }, " (edited)"));
  const author = store.author(message);
  const head = h("div", { class: "message-head" },
    h("span", { class: "author" }, author), store.isBot(message) && h("span", { class: "badge" }, "APP"),
    h("time", { datetime: timeOf(message.ts).toISOString(), title: timeOf(message.ts).toLocaleString() }, clockOf(message.ts)));
  const join = ["channel_join", "channel_leave"].includes(message.subtype);
  const node = h("li", {
    class: ["message", how.compact ? "compact" : "", message.ephemeral_for ? "ephemeral" : "", message.streaming ? "streaming" : "", join ? "system" : ""].filter(Boolean).join(" "),
    dataset: { ts: message.ts }, tabindex: -1, "aria-label": `${author}, ${clockOf(message.ts)}`,
  },
  h("div", { class: "gutter" }, how.compact ? h("time", { "aria-hidden": "true" }, clockOf(message.ts).replace(/\s?[AP]M$/i, "")) : avatar(message, store)),
  h("div", { class: "message-main" },
    message.ephemeral_for && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
    how.compact ? null : head,
    body,
    message.files?.length > 0 && h("ul", { class: "files", "aria-label": "Files" }, message.files.map(fileNode)),
    message.reactions?.length > 0 && reactions(message, app, channel),
    !how.thread && how.status && threadStatus(how.status, message, app),
    !how.thread && how.replies.count > 0 && threadLink(message, app, how.replies)),
  toolbar(message, app, how));
  return node;
}

function fileNode(file) {
  return attachment({ name: file.name, title: file.title || file.name, mime: file.mimetype, size: file.size, url: file.url });
}

function reactions(message, app, channel) {
  const { store } = app;
  const chips = message.reactions.map((reaction) => {
    const mine = reaction.users?.includes(store.me) ?? false;
    const who = (reaction.users ?? []).map((id) => (id === store.me ? "you" : store.nameOf(id))).join(", ");
    return h("button", {
      type: "button", class: "reaction", "aria-pressed": String(mine), title: `${who} reacted with :${reaction.name}:`,
      "aria-label": `${reaction.name}, ${reaction.count}, ${mine ? "take yours off" : "add yours"}`, dataset: { key: `reaction-${reaction.name}` },
      on: { click: () => app.act({ type: "react", channel, ts: message.ts, name: reaction.name, added: !mine }) },
    }, h("span", { class: "emoji" }, emoji(reaction.name) ?? `:${reaction.name}:`), h("span", {}, String(reaction.count)));
  });
  const add = iconButton("smile", "Add a reaction", () => react(add, message, app, channel), { class: "reaction add" });
  return h("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, chips, add);
}

function react(anchor, message, app, channel) {
  const mine = new Set((message.reactions ?? []).filter((reaction) => reaction.users?.includes(app.store.me)).map((reaction) => reaction.name));
  const choices = PALETTE.map((name) => ({ key: name, label: name.replaceAll("_", " "), shown: emoji(name) }));
  palette(anchor, choices, (name) => app.act({ type: "react", channel, ts: message.ts, name, added: !mine.has(name) }));
}

function threadLink(message, app, replies) {
  const people = replies.authors.map((reply) => avatar(reply, app.store, "tiny"));
  return h("button", { type: "button", class: "thread-link", dataset: { key: "thread" }, on: { click: () => app.openThread(message.ts, { focus: true }) } },
    h("span", { class: "thread-people" }, people), h("span", { class: "thread-count" }, `${replies.count} ${replies.count === 1 ? "reply" : "replies"}`), h("span", { class: "thread-last" }, `Last at ${clockOf(replies.last)}`), icon("chevron"));
}

function threadStatus(status, message, app) {
  return h("button", { type: "button", class: "thread-status", on: { click: () => app.openThread(message.ts, { focus: true }) } }, dots(), statusText(status, app.store));
}

/** `gateway is thinking…` */
export function statusText(status, store) {
  return `${store.bot.name} ${status.text || "is working…"}`;
}

function toolbar(message, app, how) {
  const { channel } = how;
  if (message.subtype === "tombstone") return null;
  const own = app.store.isMine(message) && !message.ephemeral_for;
  const smile = message.ephemeral_for ? null : iconButton("smile", "Add a reaction", () => react(smile, message, app, channel), { "aria-haspopup": "true", "aria-expanded": "false" });
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    smile,
    !how.thread && !message.ephemeral_for && iconButton("thread", "Reply in thread", () => app.openThread(message.thread_ts || message.ts, { focus: true })),
    own && iconButton("edit", "Edit", () => app.beginEdit(message.ts)),
    own && iconButton("trash", "Delete", async () => {
      const agreed = await ask({ title: "Delete this message?", text: "It is removed for everyone, and the bot is told.", confirm: "Delete", danger: true });
      if (agreed) app.act({ type: "delete", channel, ts: message.ts });
    }));
}

function editing(message, app, channel) {
  return editor(textToTyped(message.text ?? "", app.store), { save: (text) => app.edit(channel, message.ts, text), end: () => app.endEdit() });
}
