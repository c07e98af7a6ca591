// Reads messages out to those who hear the page.

import { bodyOf, saidBy } from "./message.js";

/** Milliseconds of quiet after which a message counts as said: an answer grows by edits. */
const SETTLED = 900;

export class Speaker {
  constructor(store, announce) {
    this.store = store;
    this.announce = announce;
    this.waiting = new Map();
  }

  /** Says a message once it no longer changes; one that is taken back is not said. */
  say(message) {
    clearTimeout(this.waiting.get(message.id));
    if (message.loading || message.deleted) return;
    this.waiting.set(message.id, setTimeout(() => {
      this.waiting.delete(message.id);
      const said = saidBy(bodyOf({ ...message, edited: false }, { store: this.store, click: () => {} }));
      this.announce(`${this.store.nameOf(message.author)}: ${said.slice(0, 400) || "a file"}`);
    }, SETTLED));
  }

  stop() {
    for (const timer of this.waiting.values()) clearTimeout(timer);
  }
}
