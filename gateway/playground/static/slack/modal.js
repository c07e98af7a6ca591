// Modals: one dialog per open view, the topmost last. Escape and the close buttons dismiss; errors keep it open.

import { fill, h, icon, iconButton } from "../lib/dom.js";
import { tooLarge } from "../lib/files.js";
import { renderBlocks } from "./blocks.js";
import { plain } from "./mrkdwn.js";

const words = (object) => plain(String(object?.text ?? ""));

export class Modals {
  /** `app`: {store, act, toast}. */
  constructor(app) {
    this.app = app;
    this.open = new Map();
  }

  /** Shows exactly these views. */
  sync(views) {
    for (const [id, modal] of this.open) {
      if (views.some((shown) => shown.id === id)) continue;
      this.open.delete(id);
      modal.remove();
    }
    for (const shown of views) {
      if (!this.open.has(shown.id)) this.open.set(shown.id, new Modal(shown.id, this.app, () => this.forget(shown.id)));
      this.open.get(shown.id).update(shown);
    }
  }

  forget(id) {
    this.open.get(id)?.remove();
    this.open.delete(id);
  }

  destroy() {
    this.sync([]);
  }
}

class Modal {
  constructor(id, app, forget) {
    this.id = id;
    this.app = app;
    this.forget = forget;
    this.blocks = null;
    this.title = h("h2", { id: `modal-title-${id}` });
    this.alert = h("p", { class: "dialog-alert", role: "alert", hidden: true });
    this.body = h("div", { class: "dialog-body" });
    this.foot = h("div", { class: "dialog-foot" });
    this.form = h("form", { novalidate: true, on: { submit: (event) => { event.preventDefault(); this.submit(); } } },
      h("div", { class: "dialog-head" }, this.title, iconButton("close", "Close", () => this.dismiss())), this.alert, this.body, this.foot);
    this.dialog = h("dialog", {
      class: "dialog modal", "aria-labelledby": this.title.id,
      on: { cancel: (event) => { if (event.target === this.dialog) { event.preventDefault(); this.dismiss(); } } },
    }, this.form);
    document.body.append(this.dialog);
  }

  update({ view, errors }) {
    const blocks = JSON.stringify([view.blocks, view.title, view.submit, view.close]);
    if (blocks !== this.blocks) {
      this.blocks = blocks;
      this.draw(view);
    }
    if (!this.dialog.open) this.dialog.showModal();
    this.showErrors(errors ?? {});
  }

  draw(view) {
    this.title.textContent = words(view.title);
    this.fields = [];
    const surface = { store: this.app.store, fields: this.fields, act: (action) => this.app.act({ type: "click", view_id: this.id, ...action }) };
    fill(this.body, renderBlocks(view.blocks, surface));
    this.submitButton = view.submit || this.fields.length ? h("button", { class: "button primary", type: "submit" }, words(view.submit) || "Submit") : null;
    fill(this.foot, h("button", { class: "button", type: "button", on: { click: () => this.dismiss() } }, words(view.close) || "Close"), this.submitButton);
    this.fields[0]?.target?.setAttribute("autofocus", "");
  }

  async submit() {
    const refused = tooLarge(this.fields.flatMap((field) => field.control.files?.() ?? []));
    if (refused) return this.app.toast(refused);
    const values = {};
    for (const { blockId, actionId, control } of this.fields) (values[blockId] ??= {})[actionId] = await control.value();
    this.submitButton?.setAttribute("aria-busy", "true");
    try {
      const result = await this.app.act({ type: "submit", view_id: this.id, values });
      if (!result.ok) this.showErrors(result.errors ?? { "": result.error ?? "That did not work." });
    } finally {
      this.submitButton?.setAttribute("aria-busy", "false");
    }
  }

  showErrors(errors) {
    let first = null;
    const known = new Set();
    for (const { blockId, error, target } of this.fields) {
      known.add(blockId);
      const said = errors[blockId];
      error.hidden = !said;
      fill(error, said ? [icon("alert"), said] : null);
      target?.setAttribute("aria-invalid", String(Boolean(said)));
      if (said) first ??= target;
    }
    const others = Object.entries(errors).filter(([blockId]) => !known.has(blockId)).map(([, said]) => said);
    this.alert.hidden = others.length === 0;
    this.alert.textContent = others.join(" ");
    first?.focus();
  }

  dismiss() {
    this.forget();
    this.app.act({ type: "close_view", view_id: this.id });
  }

  remove() {
    this.dialog.close();
    this.dialog.remove();
  }
}
