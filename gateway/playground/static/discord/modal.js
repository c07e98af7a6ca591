// Forms: what the bot opens as a modal, as fields in a dialog.

import { h, icon } from "../lib/dom.js";
import { formField, FormDialog, Forms } from "../lib/forms.js";
import { control } from "./controls.js";
import { markdown } from "./markdown.js";

const ROW = 1;
const TEXT = 10;
const LABEL = 18;
const CHECKBOX = 23;

/** The forms open before the person. `app`: {store, act, toast}. */
export function modals(app) {
  return new Forms((modal, forget) => new Modal(modal.id, app, forget));
}

class Modal extends FormDialog {
  constructor(id, app, forget) {
    super({
      id,
      toast: app.toast,
      dismissed: () => {
        forget();
        app.act({ type: "close_modal", modal_id: id });
      },
      send: (values) => app.act({ type: "submit", modal_id: id, values }, { quiet: true }),
    });
    this.app = app;
    this.drawn = null;
  }

  update(modal) {
    const content = JSON.stringify([modal.title, modal.components]);
    if (content !== this.drawn) {
      this.drawn = content;
      this.draw(modal);
    }
    this.show();
  }

  draw(modal) {
    const { store } = this.app;
    const fields = [];
    const body = (modal.components ?? []).map((component) => top(component, store, fields));
    const notice = h("p", { class: "form-notice" }, icon("alert"), `This form will be submitted to ${store.bot.name}. Do not share passwords or other sensitive information.`);
    this.put({ title: modal.title, body: [notice, body], fields, submit: "Submit", close: "Cancel" });
  }
}

function top(component, store, fields) {
  switch (component.type) {
    case TEXT:
      return h("div", { class: "markup" }, markdown(String(component.content ?? ""), { store }));
    case LABEL:
      return field(component.component ?? {}, component.label, component.description, store, fields);
    case ROW:
      return (component.components ?? []).map((each) => field(each, each.label, null, store, fields));
    default:
      return null;
  }
}

/** A field with its label, what is said about it, and its error. */
function field(component, label, about, store, fields) {
  const made = control(component, { store, label });
  if (!made) return h("p", { class: "unknown" }, `This page does not draw components of type ${component.type}`);
  const kept = formField(component.custom_id, made);
  fields.push(kept);
  const required = component.required && h("span", { class: "required", "aria-hidden": "true" }, " *");
  // A lone checkbox carries its label beside it.
  const heading = component.type === CHECKBOX ? null : h("label", { class: "field-label", for: made.id }, label, required);
  return h("div", { class: "form-field" }, heading, about && h("p", { class: "field-hint" }, about), made.node, kept.error);
}
