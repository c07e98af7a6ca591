// Modals: a view of Block Kit as a form in a dialog.

import { FormDialog, Forms } from "../lib/forms.js";
import { renderBlocks } from "./blocks.js";
import { plain } from "./mrkdwn.js";

const words = (object) => plain(String(object?.text ?? ""));

/** The modals of a workspace. `app`: {store, act, toast}. */
export function modals(app) {
  return new Forms(({ id }, forget) => new Modal(id, app, forget));
}

class Modal extends FormDialog {
  constructor(id, app, forget) {
    super({
      id,
      toast: app.toast,
      dismissed: () => {
        forget();
        app.act({ type: "close_view", view_id: id });
      },
      send: (values) => app.act({ type: "submit", view_id: id, values }),
    });
    this.id = id;
    this.app = app;
    this.drawn = null;
  }

  update({ view, errors }) {
    const content = JSON.stringify([view.blocks, view.title, view.submit, view.close]);
    if (content !== this.drawn) {
      this.drawn = content;
      this.draw(view);
    }
    this.show();
    this.showErrors(errors ?? {});
  }

  draw(view) {
    const fields = [];
    const surface = { store: this.app.store, fields, act: (action) => this.app.act({ type: "click", view_id: this.id, ...action }) };
    const body = renderBlocks(view.blocks, surface);
    const submit = words(view.submit) || (view.submit || fields.length ? "Submit" : null);
    this.put({ title: words(view.title), body, fields, submit, close: words(view.close) || "Close" });
  }

  /** By block, then by action. */
  async values() {
    const values = {};
    for (const { name, actionId, control } of this.fields) (values[name] ??= {})[actionId] = await control.value();
    return values;
  }
}
