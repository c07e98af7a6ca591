// The bot's dialogs (task modules): a card in a window, which stays open while something in it is wrong.

import { find, findAll, h, link } from "../lib/dom.js";
import { FormDialog, Forms } from "../lib/forms.js";
import { Card } from "./card.js";

/** The dialogs open before me. `app`: {act, toast}. */
export function dialogs(app) {
  return new Forms(({ id }, forget) => new TaskDialog(id, app, forget));
}

class TaskDialog extends FormDialog {
  constructor(id, app, forget) {
    super({
      id,
      toast: app.toast,
      send: null,
      dismissed: () => {
        forget();
        app.act({ type: "close_dialog", dialog: id });
      },
    });
    this.id = id;
    this.app = app;
    this.drawn = null;
    // The buttons are the card's own; the one that closes stands at the head.
    this.dialog.classList.add("task-dialog");
  }

  update({ title, card, url }) {
    const content = JSON.stringify([title, card, url]);
    if (content === this.drawn) return;
    this.drawn = content;
    const body = card ? new Card(card, (action, inputs) => this.run(action, inputs)).node : address(url);
    this.put({ title: title || "Dialog", body, fields: [], submit: null, close: "Close" });
    this.show();
    find(this.body, "input, textarea, select")?.focus();
  }

  async run(action, inputs) {
    const result = await this.app.act({ type: "submit_dialog", dialog: this.id, action, inputs }, { quiet: true });
    if (result.ok && result.message) this.app.toast(result.message);
    return { ...result, message: "" };
  }

  /** Enter in a field uses the card's only button. */
  async submit() {
    const buttons = findAll(this.body, ".actions button:not([aria-expanded])");
    if (buttons.length === 1) buttons[0].click();
  }
}

function address(url) {
  return h("p", { class: "dialog-page" }, "This dialog is a page of the bot’s own, which the playground does not embed: ", link(String(url ?? ""), String(url ?? "")));
}
