// A mark for a person (initials on a colour of their own) or a bot.

import { h, icon } from "./dom.js";

/** `id` chooses the colour, so that a person keeps it under any name. */
export function avatar({ id, name, bot = false, size = "" }) {
  const initials = name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  const hue = [...id].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 997, 7) % 8;
  return h("span", { class: `avatar ${size} ${bot ? "bot" : `hue-${hue}`}`, "aria-hidden": "true" }, bot ? icon("spark") : initials);
}
