// Marks that belong behind a message's last word.

const INTO = "div:not(.table-scroll, .actions, .context-actions, .attachments), p, ul, ol, li, blockquote, pre, pre code, section";

/** Adds a mark behind the last word: the caret of a running stream, or that the message was edited. */
export function behindText(body, mark) {
  let last = body;
  while (last.lastElementChild?.matches(INTO)) last = last.lastElementChild;
  last.append(mark);
}
