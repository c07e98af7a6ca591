// One message: author, text, attachments, what is known of it, and what one can do with it.

import { avatar } from "../lib/avatar.js";
import { h, icon, iconButton } from "../lib/dom.js";
import { editor } from "../lib/editor.js";
import { behindText } from "../lib/mark.js";
import { clock } from "../lib/time.js";
import { Card } from "./card.js";
import { citing, references } from "./citations.js";
import { classicCard } from "./classic.js";
import { thumbs } from "./feedback.js";
import { fileNode } from "./files.js";
import { pickReaction, reactions } from "./reactions.js";
import { messageText, typedText } from "./text.js";

const ADAPTIVE = "application/vnd.microsoft.card.adaptive";

export const timeOf = (message) => new Date(message.at * 1000);

/**
 * The list item for a message. `app`: {store, act, cards, toast, beginEdit, endEdit}; `how`: {compact, editing, post}:
 * whether it follows one of the same author, is being edited, stands in a channel.
 */
export function messageNode(message, app, how) {
  const { store } = app;
  const mine = store.isMine(message);
  const classes = ["message", mine && !how.post ? "mine" : "", how.compact ? "compact" : "", message.streaming ? "streaming" : "", message.deleted ? "deleted" : ""];
  const at = clock(timeOf(message));
  const showsFace = how.post || !mine;
  return h("li", { class: classes.filter(Boolean).join(" "), dataset: { id: message.id }, tabindex: -1, "aria-label": `${message.name}, ${at}` },
    showsFace && h("div", { class: "gutter" }, !how.compact && avatar({ id: message.from, name: message.name, bot: message.bot })),
    h("div", { class: "message-main" },
      !how.compact && head(message, at, mine && !how.post),
      message.targeted_for && h("p", { class: "only-you" }, icon("eye"), "Only you can see this message"),
      h("div", { class: "bubble" }, how.compact && flags(message), h("div", { class: "message-body" }, bodyOf(message, app, how))),
      !message.deleted && after(message, app)),
    !message.deleted && !how.editing && toolbar(message, app, mine));
}

function head(message, at, own) {
  return h("div", { class: "message-head" },
    !own && h("span", { class: "author" }, message.name), message.bot && h("span", { class: "badge" }, "App"),
    h("time", { datetime: timeOf(message).toISOString(), title: timeOf(message).toLocaleString() }, at), flags(message));
}

function flags(message) {
  if (message.deleted) return null;
  return [
    message.edited && h("span", { class: "edited" }, "Edited"),
    message.ai_generated && h("span", { class: "ai-label", title: "AI-generated content may be incorrect", tabindex: 0 }, "AI generated"),
  ];
}

function bodyOf(message, app, how) {
  if (message.deleted) return gone(message, app);
  if (how.editing) return editor(typedText(message), { save: (text) => app.edit(message, text), end: () => app.endEdit() });
  if (message.streaming === "informative") return h("p", { class: "informative", role: "status" }, icon("spark"), h("span", {}, message.text));
  return saidIn(message, app);
}

function saidIn(message, app) {
  const text = message.text ? messageText(message, app.store, citing(message.citations)) : null;
  const shown = (message.attachments ?? []).map((each) => app.cards.keep(message, each, () => attachment(message, each, app)));
  const carousel = message.layout === "carousel" && shown.length > 1;
  const attachments = shown.length > 0 && h("div", carousel ? { class: "attachments carousel", tabindex: 0, role: "group", "aria-label": "Cards" } : { class: "attachments" }, shown);
  if (text && message.streaming) behindText(text, h("span", { class: "caret", role: "img", "aria-label": "still writing" }));
  return [text, attachments];
}

function attachment(message, given, app) {
  const at = { conversation: message.conversation, message: message.id };
  if (given.type === ADAPTIVE) return new Card(given.content, (action, inputs) => app.act({ type: "click", ...at, action, inputs }, { quiet: true })).node;
  const press = async (action) => {
    const result = await app.act({ type: "click", ...at, action });
    if (result.ok && result.message) app.toast(result.message);
  };
  const node = fileNode(given, async (accept) => (await app.act({ type: "consent", ...at, accept })).ok) ?? classicCard(given, press);
  return node ?? h("details", { class: "unknown" }, h("summary", {}, `This page does not draw “${given.type}”`), h("pre", { class: "code" }, JSON.stringify(given.content, null, 2)));
}

function gone(message, app) {
  const undo = h("button", { type: "button", class: "undo", dataset: { key: "undo" }, on: { click: () => app.act({ type: "undelete", conversation: message.conversation, message: message.id }) } }, "Undo");
  return h("p", { class: "tombstone" }, "This message has been deleted. ", app.store.isMine(message) && undo);
}

/** What stands below the bubble. */
function after(message, app) {
  const at = { conversation: message.conversation, message: message.id };
  const react = (reaction, added) => app.act({ type: "react", ...at, reaction, added });
  const give = (reaction, comment = "") => app.act({ type: "feedback", ...at, reaction, comment }, { quiet: message.feedback === "default" });
  return [
    message.stopped && h("p", { class: "stopped" }, icon("stop"), "You stopped this response"),
    references(message.citations),
    thumbs(message, give),
    reactions(message, app.store, react),
    message.undelivered && h("p", { class: "undelivered", role: "status" }, icon("alert"), "Not delivered: the bot did not take this message"),
  ];
}

function toolbar(message, app, mine) {
  if (message.streaming) return null;
  const at = { conversation: message.conversation, message: message.id };
  const react = (reaction, added) => app.act({ type: "react", ...at, reaction, added });
  const smile = iconButton("smile", "Add a reaction", () => pickReaction(smile, message, app.store, react), { "aria-haspopup": "true", "aria-expanded": "false" });
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" }, smile,
    mine && iconButton("edit", "Edit", () => app.beginEdit(message.id)),
    // Teams asks nothing before it deletes: it can be undone.
    mine && iconButton("trash", "Delete", () => app.act({ type: "delete", ...at })));
}
