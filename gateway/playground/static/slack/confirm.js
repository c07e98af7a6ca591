// A small question before something happens: an element's own `confirm`, or deleting a message.

import { h } from "../lib/dom.js";
import { plain, textObject } from "./mrkdwn.js";

/** Asks; resolves to whether the person agreed. `confirm` is Block Kit's confirmation object. */
export function confirmed(confirm, store) {
  const words = (object, otherwise) => (object ? plain(String(object.text ?? object)) : otherwise);
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog confirm", "aria-labelledby": "confirm-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "confirm-title" }, words(confirm.title, "Are you sure?")),
        h("div", { class: "dialog-body" }, textObject(confirm.text ?? "", store)),
        h("div", { class: "dialog-foot" },
          h("button", { class: "button", value: "no" }, words(confirm.deny, "Cancel")),
          h("button", { class: confirm.style === "danger" ? "button danger solid" : "button primary", value: "yes" }, words(confirm.confirm, "Yes")))));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
