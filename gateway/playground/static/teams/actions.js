// A card's actions: the first six as buttons, the others in a menu; and what each of them does.

import { h, iconButton, safeUrl } from "../lib/dom.js";
import { menu } from "../lib/popup.js";
import { pictureUrl } from "./pictures.js";
import { Scope } from "./scope.js";

/** https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference */
const SHOWN = 6;
const STYLES = { positive: "primary", destructive: "danger" };

/** A row of actions, with room for the cards they show. */
export function actionSet(actions, card, scope) {
  const first = actions.filter((action) => action.mode !== "secondary").slice(0, SHOWN);
  const rest = actions.filter((action) => !first.includes(action));
  const panels = h("div", { class: "shown-cards" });
  const doing = new Map(actions.map((action) => [action, action.type === "Action.ShowCard" ? shower(action, card, scope, panels) : actOf(action, card, scope)]));
  const buttons = first.map((action) => button(action, doing.get(action)));
  const more = rest.length > 0 && iconButton("more", "More actions", () => menu(more, rest.map((action) => ({ label: titleOf(action), choose: () => doing.get(action)(more) })), { label: "More actions" }), {
    class: "icon-button bordered", "aria-haspopup": "menu", "aria-expanded": "false", dataset: { key: "action more" },
  });
  return h("div", { class: "action-set" }, h("div", { class: "actions", role: "group", "aria-label": "Actions" }, buttons, more), panels);
}

/** What an action does when it is used; cards are shown where their button stands, see `actionSet`. */
export function actOf(action, card, scope) {
  switch (action.type) {
    case "Action.OpenUrl":
      return () => open(action.url);
    case "Action.ToggleVisibility":
      return () => card.toggle(action.targetElements);
    default:
      return () => card.submit(action, scope);
  }
}

/** Leaves the page by a link, where its address is one. */
export function open(url) {
  const href = safeUrl(url);
  if (href) window.open(href, "_blank", "noopener,noreferrer");
}

const titleOf = (action) => String(action.title ?? "") || "Action";

function button(action, act) {
  const picture = action.iconUrl && pictureUrl(action.iconUrl);
  const dead = action.isEnabled === false || (action.type === "Action.OpenUrl" && !safeUrl(action.url));
  const node = h("button", {
    type: "button", class: `button small ${STYLES[action.style] ?? ""}`, title: action.tooltip, disabled: dead,
    "aria-expanded": action.type === "Action.ShowCard" ? "false" : null, dataset: { key: `action ${action.id ?? titleOf(action)}` }, on: { click: () => act(node) },
  }, picture && h("img", { class: "action-icon", src: picture, alt: "" }), titleOf(action));
  return node;
}

/** Opens and closes the card of a ShowCard; only one of a set is open. */
function shower(action, card, scope, panels) {
  let panel = null;
  return (opener) => {
    if (!panel) {
      panel = h("div", { class: "shown-card", hidden: true }, card.draw(action.card ?? {}, new Scope(scope)));
      panels.append(panel);
    }
    const opening = panel.hidden;
    for (const each of panels.children) each.hidden = true;
    for (const each of panels.previousElementSibling.querySelectorAll("[aria-expanded]")) each.setAttribute("aria-expanded", "false");
    panel.hidden = !opening;
    opener.setAttribute("aria-expanded", String(opening));
  };
}
