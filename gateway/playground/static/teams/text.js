// A message's text in each of Teams' formats, with mentions and citations; and back to what a person types.

import { h, link } from "../lib/dom.js";
import { markdown, trimUrl } from "../lib/markdown.js";
import { markup } from "./markup.js";

/** What plain `markdown` does not do: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages */
const MESSAGE = new Set(["heading", "table", "rule"]);
/** What a card's text does not: https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features */
const CARD = new Set(["heading", "table", "rule", "quote", "fence", "code", "strikethrough", "break"]);
const URL = /(?<!\w)https?:\/\/[^\s<>]+/g;
const MARK = "\uE000";

/** Nodes for a message's text. `cite(number)` is the node for a citation, null where there is none. */
export function messageText(message, store, cite) {
  const mentions = message.mentions ?? [];
  const mention = (number) => (mentions[number] ? chip(mentions[number], store) : null);
  const text = marked(message.text ?? "", mentions);
  const hooks = { cite, angle: (content) => claimed(content, mention) };
  switch (message.format) {
    case "markdown":
      return h("div", { class: "markdown" }, markdown(text, { ...hooks, without: MESSAGE }));
    case "extendedmarkdown":
      return h("div", { class: "markdown" }, markdown(text, hooks));
    case "xml":
      return markup(text, mention);
    default:
      return h("div", { class: "plain" }, plain(text, mention));
  }
}

/** Nodes for the text of a card's element. */
export function cardText(text) {
  return markdown(dated(String(text ?? "")), { without: CARD });
}

/** The text as its author would type it. */
export function typedText(message) {
  return (message.mentions ?? []).reduce((text, mention) => text.replaceAll(mention.text, `@${bare(mention.text)}`), message.text ?? "");
}

/** `{{DATE(2017-02-14T06:00:00Z, SHORT)}}` as the reader's own date. */
export function dated(text) {
  return text.replace(/\{\{(DATE|TIME)\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))(?:, ?(COMPACT|SHORT|LONG))?\)\}\}/g, (whole, kind, given, style) => {
    const at = new Date(given);
    if (Number.isNaN(at.getTime())) return whole;
    if (kind === "TIME") return at.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
    const dateStyle = { SHORT: "medium", LONG: "full" }[style] ?? "short";
    return at.toLocaleDateString([], { dateStyle });
  });
}

/** Mentions become `<mark>`s that no text can contain, so that each format finds them in its own way. */
function marked(text, mentions) {
  const clean = text.replaceAll(MARK, "");
  return mentions.reduce((said, mention, number) => said.replaceAll(mention.text, `<${MARK}${number}>`), clean);
}

function claimed(content, mention) {
  if (content.startsWith(MARK)) return mention(Number(content.slice(1)));
  return /^br ?\/?$/i.test(content) ? h("br") : null;
}

function plain(text, mention) {
  return text.split(new RegExp(`<${MARK}(\\d+)>`)).map((part, index) => (index % 2 ? mention(Number(part)) : linked(part)));
}

function linked(text) {
  const out = [];
  let end = 0;
  for (const found of text.matchAll(URL)) {
    const url = trimUrl(found[0]);
    out.push(text.slice(end, found.index), link(url, url));
    end = found.index + url.length;
  }
  return [...out, text.slice(end)];
}

const bare = (tagged) => tagged.replace(/<[^>]*>/g, "");

function chip(mention, store) {
  return h("span", { class: mention.id === store.me ? "mention me" : "mention" }, bare(mention.text));
}
