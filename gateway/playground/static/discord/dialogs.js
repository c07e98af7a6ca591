// Two small forms of Discord's own: the name of a new thread, and a new post in a forum.

import { h } from "../lib/dom.js";
import { textField, upload } from "../lib/fields.js";
import { formField, FormDialog } from "../lib/forms.js";

/** Asks for a thread's name; `create(name)` resolves to an action's result, with which `done` is called if it is one. */
export function askThreadName({ suggested, create, done, toast }) {
  const name = textField({ value: suggested, props: { maxlength: 100, placeholder: "New Thread" } });
  open({ title: "Create Thread", submit: "Create Thread", toast, done, parts: [["name", "Thread Name", name]], send: (values) => create(values.name) });
}

/** Asks for a forum post; `create({title, text, files})` and `done` as above. */
export function askPost({ forum, create, done, toast }) {
  const parts = [
    ["title", "Title", textField({ props: { maxlength: 100, placeholder: "Title" } })],
    ["text", "Message", textField({ multiline: true, props: { maxlength: 2000, placeholder: "Enter a message…" } })],
    ["files", "Files", upload({ most: 10 })],
  ];
  open({ title: `New post in ${forum}`, submit: "Post", toast, done, parts, send: create });
}

function open({ title, submit, parts, send, done, toast }) {
  const dialog = new FormDialog({
    id: "own",
    toast,
    dismissed: () => dialog.remove(),
    send: async (values) => {
      const result = await send(values);
      if (result.ok) {
        dialog.remove();
        done(result);
      }
      return result;
    },
  });
  const fields = parts.map(([name, , control]) => formField(name, control));
  const body = parts.map(([, label, control], index) => h("div", { class: "form-field" }, h("label", { class: "field-label", for: control.id }, label), control.node, fields[index].error));
  dialog.put({ title, body, fields, submit, close: "Cancel" });
  dialog.show();
}
