// A small question before something happens.

import { h } from "./dom.js";

/** Asks; resolves to whether the person agreed. `text` is a string or nodes. */
export function ask({ title = "Are you sure?", text, confirm = "Yes", deny = "Cancel", danger = false }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog confirm", "aria-labelledby": "confirm-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "confirm-title" }, title),
        h("div", { class: "dialog-body" }, text),
        h("div", { class: "dialog-foot" },
          h("button", { class: "button", value: "no" }, deny),
          h("button", { class: danger ? "button danger solid" : "button primary", value: "yes" }, confirm))));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
