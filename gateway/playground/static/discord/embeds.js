// Embeds: the cards beneath a message's text.

import { h, link, safeUrl } from "../lib/dom.js";
import { colour, picture } from "./media.js";
import { markdown } from "./markdown.js";
import { spans } from "./spans.js";
import { sentAt } from "./stamps.js";

/** The node for an embed; `where` as for markdown. */
export function embedNode(embed, where) {
  const text = (value) => spans(String(value ?? ""), where);
  const timestamp = embed.timestamp ? new Date(embed.timestamp) : null;
  const footer = [embed.footer?.text && text(embed.footer.text), timestamp && !Number.isNaN(timestamp.getTime()) && sentAt(timestamp)].filter(Boolean);
  const node = h("article", { class: "embed", "aria-label": "Embed" },
    h("div", { class: "embed-main" },
      embed.provider?.name && h("p", { class: "embed-provider" }, String(embed.provider.name)),
      embed.author?.name && h("p", { class: "embed-author" }, small(embed.author.icon_url), named(embed.author.name, embed.author.url)),
      embed.title && h("p", { class: "embed-title" }, embed.url ? link(embed.url, text(embed.title)) : text(embed.title)),
      embed.description && h("div", { class: "markup embed-text" }, markdown(String(embed.description), where)),
      embed.fields?.length > 0 && h("div", { class: "embed-fields" }, embed.fields.map((field) => fieldNode(field, where)))),
    embed.thumbnail?.url && picture({ ...embed.thumbnail, className: "embed-thumbnail", alt: "thumbnail" }),
    embed.image?.url && h("div", { class: "embed-image" }, picture({ ...embed.image, alt: "image" })),
    footer.length > 0 && h("p", { class: "embed-footer" }, small(embed.footer?.icon_url), footer.flatMap((part, index) => (index ? [" • ", part] : [part]))));
  const edge = colour(embed.color);
  if (edge) node.style.borderLeftColor = edge;
  return node;
}

function fieldNode(field, where) {
  return h("div", { class: field.inline ? "embed-field inline" : "embed-field" },
    h("p", { class: "embed-field-name" }, spans(String(field.name ?? ""), where)),
    h("div", { class: "markup" }, markdown(String(field.value ?? ""), where)));
}

const named = (name, url) => (url ? link(url, String(name)) : String(name));

function small(url) {
  return url && safeUrl(url) ? h("img", { class: "embed-icon", src: safeUrl(url), alt: "", loading: "lazy", referrerpolicy: "no-referrer", on: { error: (event) => event.target.remove() } }) : null;
}
