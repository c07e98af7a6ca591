// One message: what it answers, author, body, reactions, thread, and what one can do with it.

import { ask } from "../lib/confirm.js";
import { dots, h, icon, iconButton, spoken } from "../lib/dom.js";
import { editor } from "../lib/editor.js";
import { emoji, emojiName, PALETTE } from "../lib/emoji.js";
import { palette } from "../lib/palette.js";
import { clock } from "../lib/time.js";
import { componentNodes } from "./components.js";
import { embedNode } from "./embeds.js";
import { markdown } from "./markdown.js";
import { fileItem } from "./media.js";
import { authorName, avatar } from "./people.js";
import { sentAt } from "./stamps.js";
import { isNote } from "./store.js";

const COMPONENTS_V2 = 1 << 15;
const SUPPRESS_EMBEDS = 1 << 2;
const TEXT_DISPLAY = 10;
// Joiners and variation selectors are wanted one by one here: they stand between the parts of one emoji.
// eslint-disable-next-line no-misleading-character-class
const ONLY_EMOJI = /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{1f1e6}-\u{1f1ff}\u200d\ufe0f\u20e3]|\s){1,60}$/u;

export const timeOf = (message) => new Date(message.timestamp);

/** What a message says, as nodes. */
export function bodyOf(message, surface) {
  if (message.loading) return [h("p", { class: "thinking" }, dots(), `${surface.store.nameOf(message.author)} is thinking…`)];
  const where = { ...surface, names: message.mentions };
  const edited = message.edited && h("span", { class: "edited", title: "This message was edited" }, " (edited)");
  if (message.flags & COMPONENTS_V2) return [h("div", { class: "components v2" }, componentNodes(message.components, where)), edited];
  const text = message.content && h("div", { class: ONLY_EMOJI.test(message.content) ? "markup jumbo" : "markup" }, markdown(message.content, where), edited);
  return [
    text,
    message.attachments?.length > 0 && h("ul", { class: "files", "aria-label": "Files" }, message.attachments.map(fileItem)),
    !(message.flags & SUPPRESS_EMBEDS) && (message.embeds ?? []).map((embed) => embedNode(embed, where)),
    message.components?.length > 0 && h("div", { class: "components" }, componentNodes(message.components, where)),
    !text && edited,
  ].filter(Boolean);
}

/** What nodes say, for screen readers and previews; what is covered stays so. */
export function saidBy(nodes) {
  const box = h("div", {}, nodes);
  for (const covered of box.querySelectorAll(".spoiler-inside")) covered.replaceChildren("spoiler");
  return spoken(box);
}

/** A message in one line, for replies and previews. */
export function excerpt(message, store) {
  if (message.loading) return "is thinking…";
  const texts = [message.content, ...textsIn(message.components), ...(message.embeds ?? []).flatMap(({ title, description }) => [title, description])];
  const text = texts.find((each) => each?.trim());
  if (text) return saidBy(markdown(text, { store, names: message.mentions })).slice(0, 200);
  return message.attachments?.length ? "Click to see attachment" : "Click to see message";
}

/** The texts of text displays, however deep. */
function textsIn(components = []) {
  return components.flatMap((each) => (each.type === TEXT_DISPLAY ? [each.content] : textsIn(each.components)));
}

/**
 * The list item for a message. `app`: what discord.js offers; `how`: {compact, editing, replied (the message it
 * answers), thread (opened from it), replies (in that thread), failure (what went wrong with its components), quiet (it
 * is shown away from its channel)}.
 */
export function messageNode(message, app, how) {
  const { store } = app;
  if (isNote(message)) return noteNode(message, app);
  const surface = { store, click: (customId, values) => app.click(message, customId, values) };
  const when = clock(timeOf(message));
  const name = store.nameOf(message.author);
  const kinds = { compact: how.compact, ephemeral: message.ephemeral_for, pinged: store.pingsMe(message) && !how.quiet };
  return h("li", {
    class: ["message", ...Object.keys(kinds).filter((kind) => kinds[kind])].join(" "),
    dataset: { id: message.id }, tabindex: -1, "aria-label": `${name}, ${when}`,
  },
  spine(message, app, how),
  h("div", { class: "message-row" },
    h("div", { class: "gutter" }, how.compact ? h("time", { "aria-hidden": "true" }, when.replace(/\s?[AP]M$/i, "")) : avatar(message.author, store)),
    h("div", { class: "message-main" },
      !how.compact && h("div", { class: "message-head" }, authorName(message.author, store), h("time", { datetime: message.timestamp, title: timeOf(message).toLocaleString() }, sentAt(timeOf(message)))),
      h("div", { class: "message-body" }, how.editing ? editing(message, app) : bodyOf(message, surface)),
      how.failure && h("p", { class: "failure", role: "alert" }, icon("alert"), how.failure),
      message.reactions?.length > 0 && reactions(message, app),
      how.thread && threadCard(how.thread, how.replies, app),
      message.ephemeral_for && onlyYou(message, app))),
  !how.quiet && toolbar(message, app, how));
}

/** Above the message: what it replies to, or the command it answers. */
function spine(message, app, how) {
  const { store } = app;
  if (message.command) {
    const { user, name } = message.command;
    return h("p", { class: "spine" }, avatar(user, store, "tiny"), h("strong", {}, store.nameOf(user)), " used ", h("span", { class: "mention" }, icon("slash"), name));
  }
  if (!message.reply_to) return null;
  const { replied } = how;
  if (!replied) return h("p", { class: "spine" }, h("em", {}, "Original message was deleted"));
  return h("p", { class: "spine" }, avatar(replied.author, store, "tiny"), h("strong", {}, store.nameOf(replied.author)),
    h("button", { type: "button", class: "spine-text", title: "Go to the message", on: { click: () => app.jump(replied.id) } }, excerpt(replied, store)));
}

/** Discord's own notes: a thread was opened, a name was changed. */
function noteNode(message, app) {
  const { store } = app;
  const who = h("strong", {}, store.nameOf(message.author));
  const opened = message.type === 18 && store.threadsOf(message.channel).find((thread) => thread.name === message.content);
  const about = message.type === 18
    ? [who, " started a thread: ", opened ? h("button", { type: "button", class: "text-link", on: { click: () => app.openThread(opened.id, { focus: true }) } }, message.content) : h("strong", {}, message.content), "."]
    : message.type === 4 ? [who, " changed the channel name: ", h("strong", {}, message.content)] : [who, " opened this thread."];
  return h("li", { class: "message note", dataset: { id: message.id }, tabindex: -1, "aria-label": `Note, ${clock(timeOf(message))}` },
    h("div", { class: "message-row" }, h("div", { class: "gutter" }, icon(message.type === 4 ? "edit" : "thread")),
      h("div", { class: "message-main" }, h("p", {}, about, " ", h("time", { datetime: message.timestamp }, sentAt(timeOf(message)))))));
}

function onlyYou(message, app) {
  return h("p", { class: "only-you" }, icon("eye"), "Only you can see this • ", h("button", { type: "button", class: "text-link", dataset: { key: "dismiss" }, on: { click: () => app.dismiss(message) } }, "Dismiss message"));
}

function threadCard(thread, replies, app) {
  const { store } = app;
  const last = replies.at(-1);
  return h("div", { class: "thread-card" },
    h("button", { type: "button", class: "thread-open", dataset: { key: "thread" }, on: { click: () => app.openThread(thread.id, { focus: true }) } },
      h("strong", {}, thread.name), h("span", { class: "thread-count" }, replies.length ? `${replies.length} ${replies.length === 1 ? "Message" : "Messages"} ›` : "See Thread ›")),
    h("p", { class: "thread-last" }, thread.archived ? "This thread is archived." : last ? [avatar(last.author, store, "tiny"), h("strong", {}, store.nameOf(last.author)), h("span", { class: "thread-words" }, excerpt(last, store)), h("time", { datetime: last.timestamp }, clock(timeOf(last)))] : "There are no recent messages in this thread."));
}

const shownEmoji = (key) => (/:\d+$/.test(key) ? `:${key.split(":")[0]}:` : key);

function reactions(message, app) {
  const { store } = app;
  const chips = message.reactions.map(({ emoji: key, count, users = [] }) => {
    const mine = users.includes(store.me);
    const name = emojiName(key)?.replaceAll("_", " ") ?? shownEmoji(key);
    const who = users.map((id) => (id === store.me ? "you" : store.nameOf(id))).join(", ");
    return h("button", {
      type: "button", class: "reaction", "aria-pressed": String(mine), title: `${who} reacted with ${shownEmoji(key)}`, dataset: { key: `reaction-${key}` },
      "aria-label": `${name}, ${count}, ${mine ? "take yours off" : "add yours"}`, on: { click: () => app.react(message, key, !mine) },
    }, h("span", { class: "emoji" }, shownEmoji(key)), h("span", {}, String(count)));
  });
  const add = iconButton("smile", "Add Reaction", () => pick(add, message, app), { class: "reaction add" });
  return h("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, chips, add);
}

function pick(anchor, message, app) {
  const mine = new Set((message.reactions ?? []).filter(({ users }) => users?.includes(app.store.me)).map((reaction) => reaction.emoji));
  const choices = PALETTE.map((name) => ({ key: emoji(name), label: name.replaceAll("_", " "), shown: emoji(name) }));
  palette(anchor, choices, (key) => app.react(message, key, !mine.has(key)));
}

function toolbar(message, app, how) {
  const { store } = app;
  if (message.ephemeral_for) return null;
  const channel = store.channels.get(message.channel);
  const own = store.isMine(message);
  const smile = iconButton("smile", "Add Reaction", () => pick(smile, message, app), { "aria-haspopup": "true", "aria-expanded": "false" });
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    smile,
    own && iconButton("edit", "Edit", () => app.beginEdit(message.id)),
    iconButton("reply", "Reply", () => app.beginReply(message.id)),
    channel?.kind === "text" && !how.thread && iconButton("thread", "Create Thread", () => app.createThread(message.channel, message)),
    own && iconButton("trash", "Delete", async () => {
      const agreed = await ask({ title: "Delete Message", text: "Are you sure you want to delete this message? The bot is told of it.", confirm: "Delete", danger: true });
      if (agreed) app.act({ type: "delete", channel: message.channel, id: message.id });
    }));
}

function editing(message, app) {
  const names = Object.entries(message.mentions ?? {});
  const typed = names.reduce((text, [token, name]) => text.replaceAll(token, name), message.content);
  return editor(typed, { save: async (text) => (await app.act({ type: "edit", channel: message.channel, id: message.id, text })).ok, end: () => app.endEdit() });
}
