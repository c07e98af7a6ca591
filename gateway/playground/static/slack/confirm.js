// Block Kit's confirmation object as a question.

import { ask } from "../lib/confirm.js";
import { plain, textObject } from "./mrkdwn.js";

const words = (object) => (object ? plain(String(object.text ?? object)) : undefined);

/** Asks what an element's own `confirm` says; resolves to whether the person agreed. */
export function confirmed(confirm, store) {
  const { title, text, deny, style } = confirm;
  return ask({ title: words(title), text: textObject(text ?? "", store), confirm: words(confirm.confirm), deny: words(deny), danger: style === "danger" });
}
