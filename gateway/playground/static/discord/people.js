// Who wrote it: the round picture and the name with the mark of an app.

import { avatar as mark } from "../lib/avatar.js";
import { h } from "../lib/dom.js";

/** A person's or a bot's picture, drawn from the name: what Discord stores as one is not shown. */
export function avatar(id, store, size = "") {
  return mark({ id, name: store.nameOf(id), bot: store.isBot(id), size });
}

export function authorName(id, store) {
  return [h("span", { class: store.isBot(id) ? "author app" : "author" }, store.nameOf(id)), store.isBot(id) && h("span", { class: "badge" }, "APP")];
}
