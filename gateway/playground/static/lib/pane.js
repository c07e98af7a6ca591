// A column of messages: what stands above them, and which of them is being edited.

import { fill, h, icon } from "./dom.js";
import { Feed } from "./feed.js";
import { dayLabel } from "./time.js";

/** What the panes of all platforms share. Each draws itself in `render`, and sets `composer` and `node`. */
export class BasePane {
  /** @type {string | null} */
  editing = null;
  /** @type {any} */
  composer = null;
  /** @type {any} */
  node = null;
  introduced = "";
  title = h("h2", { class: "pane-title" });
  intro = h("div", { class: "intro" });
  feed = new Feed(this.intro);

  /** @param {any} app what the platform's tab offers */
  constructor(app) {
    this.app = app;
  }

  render() {}

  /** Begins at another place: at its end, with nothing drawn and nothing being edited. */
  begin() {
    this.editing = null;
    this.feed.forget();
    this.feed.stuck = true;
  }

  /** Says above the messages what a newcomer reads. `key` names the words: they are made anew when it is another. */
  introduce(empty, key, words) {
    this.node.classList.toggle("is-empty", empty);
    if (this.introduced === key) return;
    this.introduced = key;
    fill(this.intro, words());
  }

  focus() {
    this.composer.focus();
  }

  beginEdit(id) {
    this.editing = id;
    this.render();
  }

  endEdit() {
    if (this.editing === null) return;
    this.editing = null;
    this.render();
    this.focus();
  }

  /** Edits what the person wrote last among these messages; returns whether there is any. */
  editLatest(messages) {
    const { store } = this.app;
    const last = messages.findLast((message) => store.isMine(message));
    if (last) this.beginEdit(last[store.key]);
    return Boolean(last);
  }
}

/** What a pane without messages says: an icon, a title, a paragraph, and buttons to begin with. */
export function introduction(mark, title, words, ...buttons) {
  return [h("div", { class: "intro-mark" }, icon(mark)), h("h3", {}, title), h("p", {}, words), buttons.length > 0 && h("div", { class: "intro-actions" }, buttons)];
}

/** A button that begins a message to the bot. */
export function mentionButton(composer, name) {
  return h("button", { type: "button", class: "button primary", on: { click: () => composer.insert(`@${name} `) } }, `Mention @${name}`);
}

/** What stands before the first message of a day, nothing before the others. `keep`: see Feed; `before`: when the message above was written. */
export function dayDivider(keep, date, before) {
  const day = date.toDateString();
  return day === before?.toDateString() ? [] : [keep(`day ${day}`, [day], () => h("li", { class: "divider" }, h("span", {}, dayLabel(date))))];
}
