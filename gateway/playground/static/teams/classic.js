// The cards from before Adaptive Cards: hero, thumbnail, receipt, list, sign-in and connector cards.

import { h, link, safeUrl } from "../lib/dom.js";
import { open } from "./actions.js";
import { markup } from "./markup.js";
import { picture } from "./pictures.js";

const PREFIX = "application/vnd.microsoft.";

const KINDS = {
  "card.hero": (card) => [images(card, "hero"), head(card), text(card)],
  "card.thumbnail": (card) => h("div", { class: "thumbnail" }, h("div", {}, head(card), text(card)), images(card, "thumb")),
  "card.receipt": (card) => [head(card), facts(card.facts, "key"), items(card), totals(card)],
  "card.signin": (card) => [head(card), text(card)],
  "card.oauth": (card) => [head(card), text(card)],
  "teams.card.list": (card) => [head(card), items(card)],
  "teams.card.o365connector": (card) => [head(card), text(card), (card.sections ?? []).map(section)],
};

/** The node for a classic card, null for anything else. `press(button)` uses one of its buttons. */
export function classicCard({ type, content }, press) {
  const draw = type.startsWith(PREFIX) && KINDS[type.slice(PREFIX.length)];
  if (!draw || !content) return null;
  const buttons = (content.buttons ?? []).map((each) => button(each ?? {}, press));
  return h("div", { class: "card classic", role: "group", "aria-label": String(content.title ?? "Card") },
    h("div", { class: "card-body" }, draw(content)), buttons.length > 0 && h("div", { class: "actions", role: "group", "aria-label": "Actions" }, buttons));
}

function head({ title, subtitle }) {
  return [title && h("p", { class: "card-title" }, title), subtitle && h("p", { class: "card-subtitle" }, subtitle)];
}

const text = (card) => card.text && h("div", { class: "card-text" }, markup(String(card.text), () => null));

function images(card, className) {
  return (card.images ?? []).slice(0, 1).map((each) => h("div", { class: className }, picture(each?.url, each?.alt)));
}

function facts(list, name) {
  return list?.length > 0 && h("dl", { class: "ac-facts" }, list.flatMap((fact) => [h("dt", {}, fact?.[name]), h("dd", {}, fact?.value)]));
}

function items(card) {
  if (!card.items?.length) return null;
  return h("ul", { class: "card-items" }, card.items.map((item) => h("li", {},
    item.image?.url && picture(item.image.url, item.image.alt, { class: "item-picture" }),
    h("div", { class: "item-main" }, h("p", {}, item.title), item.subtitle && h("p", { class: "card-subtitle" }, item.subtitle)),
    item.price && h("span", { class: "item-price" }, item.price))));
}

function totals(card) {
  const rows = [["VAT", card.vat], ["Tax", card.tax], ["Total", card.total]].filter(([, value]) => value);
  return rows.length > 0 && h("dl", { class: "ac-facts totals" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function section(part) {
  return h("div", { class: "card-section" }, head({ title: part.activityTitle ?? part.title, subtitle: part.activitySubtitle }), text(part), facts(part.facts, "name"));
}

function button(each, press) {
  const title = String(each.title ?? "");
  const dataset = { key: `action ${title}` };
  if (each.type === "openUrl" && safeUrl(each.value)) return link(each.value, h("span", { class: "button small" }, title));
  const use = async (event) => {
    const node = event.currentTarget;
    if (each.type === "signin") return open(each.value);
    node.setAttribute("aria-busy", "true");
    try {
      await press(each);
    } finally {
      node.setAttribute("aria-busy", "false");
    }
  };
  return h("button", { type: "button", class: "button small", dataset, disabled: each.type === "openUrl", on: { click: use } }, title);
}
