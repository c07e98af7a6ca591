// Thumbs below a message, and the dialog that asks why.

import { h, iconButton } from "../lib/dom.js";
import { textField } from "../lib/fields.js";
import { FormDialog, formField } from "../lib/forms.js";

const QUESTIONS = { like: "What did you like?", dislike: "What went wrong?" };

/** The thumbs, null where the bot asked for none. `give(reaction, comment)` resolves to {ok, error}. */
export function thumbs(message, give) {
  if (!message.feedback) return null;
  const thumb = (reaction, face, label) => iconButton(face, label, () => (message.feedback === "default" ? ask(message, reaction, give) : give(reaction)), {
    "aria-pressed": String(message.verdict === reaction), dataset: { key: `thumb ${reaction}` },
  });
  return h("div", { class: "thumbs", role: "group", "aria-label": "Feedback" }, thumb("like", "up", "Like"), thumb("dislike", "down", "Dislike"));
}

function ask(message, reaction, give) {
  const dialog = new FormDialog({
    id: `feedback-${message.id}`,
    dismissed: () => dialog.remove(),
    toast: null,
    send: async ({ comment }) => {
      const result = await give(reaction, comment);
      if (result.ok) dialog.remove();
      return result;
    },
  });
  const control = textField({ multiline: true, props: { placeholder: "Give as much detail as you can, but do not include any private or sensitive information." } });
  const field = formField("comment", control);
  const body = [h("label", { class: "field-label", for: control.id }, QUESTIONS[reaction]), control.node, field.error];
  dialog.put({ title: "Submit feedback", body, fields: [field], submit: "Submit", close: "Cancel" });
  dialog.show();
}
