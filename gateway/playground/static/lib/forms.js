// Forms in dialogs: one per open form, the topmost last. Escape and the close buttons dismiss; errors keep it open.

import { fill, h, icon, iconButton } from "./dom.js";
import { tooLarge } from "./files.js";

/** The dialogs of all open forms; `make(shown, forget)` makes the dialog of one. */
export class Forms {
  constructor(make) {
    this.make = make;
    this.open = new Map();
  }

  /** Shows exactly these forms, each with an `id`. */
  sync(forms) {
    for (const id of [...this.open.keys()]) if (!forms.some((shown) => shown.id === id)) this.forget(id);
    for (const shown of forms) {
      if (!this.open.has(shown.id)) this.open.set(shown.id, this.make(shown, () => this.forget(shown.id)));
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

/** A dialog with fields; what it shows, and how its answers are put together, a platform's subclass knows. */
export class FormDialog {
  /** `id`: of the form. `dismissed()`: it was closed unsent. `send(values)` resolves to {ok, error, errors by field}. */
  constructor({ id, dismissed, send, toast }) {
    this.send = send;
    this.toast = toast;
    this.dismiss = dismissed;
    this.fields = [];
    this.title = h("h2", { id: `form-title-${id}` });
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

  /** Fills it. `fields` are {name, control, error, target} as `formField` makes them; without `submit` nothing is sent. */
  put({ title, body, fields, submit, close }) {
    this.title.textContent = title;
    this.fields = fields;
    fill(this.body, body);
    this.submitButton = submit ? h("button", { class: "button primary", type: "submit" }, submit) : null;
    fill(this.foot, h("button", { class: "button", type: "button", on: { click: () => this.dismiss() } }, close), this.submitButton);
    fields[0]?.target?.setAttribute("autofocus", "");
  }

  show() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  async submit() {
    const refused = tooLarge(this.fields.flatMap((field) => field.control.files?.() ?? []));
    if (refused) return this.toast(refused);
    this.submitButton?.setAttribute("aria-busy", "true");
    try {
      const result = await this.send(await this.values());
      if (!result.ok) this.showErrors(result.errors ?? { "": result.error ?? "That did not work." });
    } finally {
      this.submitButton?.setAttribute("aria-busy", "false");
    }
  }

  /** What was entered, by field. */
  async values() {
    const values = {};
    for (const { name, control } of this.fields) values[name] = await control.value();
    return values;
  }

  /** Says what is wrong beside its field, else above the form. */
  showErrors(errors) {
    const others = complain(this.fields, errors);
    this.alert.hidden = !others;
    this.alert.textContent = others;
  }

  remove() {
    this.dialog.close();
    this.dialog.remove();
  }
}

/** A control's place for its error, and the part of it that takes the focus: {name, control, error, target}. */
export function formField(name, control) {
  const error = h("p", { class: "field-error", id: `${control.id}-error`, hidden: true });
  const target = control.node.matches("input, textarea, select") ? control.node : control.node.querySelector("input, summary");
  target?.setAttribute("aria-describedby", error.id);
  return { name, control, error, target };
}

/** Says what is wrong beside each field and goes to the first; returns what belongs to none of them, as one text. */
export function complain(fields, errors) {
  let first = null;
  for (const { name, error, target } of fields) {
    const said = errors[name];
    error.hidden = !said;
    fill(error, said ? [icon("alert"), said] : null);
    target?.setAttribute("aria-invalid", String(Boolean(said)));
    if (said) first ??= target;
  }
  first?.focus();
  const known = new Set(fields.map((field) => field.name));
  return Object.entries(errors).filter(([name]) => !known.has(name)).map(([, said]) => said).join(" ");
}
