// Reactions: six that Teams names, any other emoji by its code point and a name.

import { h } from "../lib/dom.js";
import { palette } from "../lib/palette.js";

const NAMED = { like: "👍", heart: "❤️", laugh: "😆", surprised: "😮", sad: "😢", angry: "😠" };
const CHOICES = [...Object.keys(NAMED), "1f440_eyes", "2705_whiteheavycheckmark"];

/** The character for a reaction's name; the name itself where it has none. */
function face(name) {
  if (NAMED[name]) return NAMED[name];
  const points = /^([0-9a-f]{2,6}(?:-[0-9a-f]{2,6})*)_/i.exec(name)?.[1].split("-").map((each) => Number.parseInt(each, 16));
  return points?.every((point) => point > 0x20 && point <= 0x10ffff) ? String.fromCodePoint(...points) : name;
}

const label = (name) => name.replace(/^[0-9a-f-]+_/i, "");

/** What people gave a message. `react(name, added)` gives or takes mine. */
export function reactions(message, store, react) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, message.reactions.map(({ type, users }) => {
    const mine = users.includes(store.me);
    const who = users.map((id) => (id === store.me ? "you" : store.nameOf(id))).join(", ");
    return h("button", {
      type: "button", class: "reaction", "aria-pressed": String(mine), title: who, dataset: { key: `reaction ${type}` },
      "aria-label": `${label(type)}, ${users.length}, ${mine ? "take yours off" : "add yours"}`, on: { click: () => react(type, !mine) },
    }, h("span", { class: "emoji" }, face(type)), h("span", {}, String(users.length)));
  }));
}

/** Lets the person pick one. */
export function pickReaction(anchor, message, store, react) {
  const mine = new Set((message.reactions ?? []).filter(({ users }) => users.includes(store.me)).map(({ type }) => type));
  palette(anchor, CHOICES.map((name) => ({ key: name, label: label(name), shown: face(name) })), (name) => react(name, !mine.has(name)));
}
