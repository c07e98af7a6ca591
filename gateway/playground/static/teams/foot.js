// Between the messages and the composer: suggestions, who is typing, and the button that stops a stream.

import { dots, fill, h, icon } from "../lib/dom.js";
import { menu } from "../lib/popup.js";
import { markup } from "./markup.js";

/** https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#add-suggested-actions */
const SUGGESTED = 3;

export class Foot {
  /** `compose(text)` puts text into the composer; `send()` is called before something is said. */
  constructor(app, { compose, send }) {
    this.app = app;
    this.compose = compose;
    this.send = send;
    this.typing = h("div", { class: "typing", role: "status", hidden: true });
    this.stop = h("button", { type: "button", class: "button small stop", hidden: true, on: { click: () => this.halt() } }, icon("stop"), "Stop");
    this.suggestions = h("div", { class: "suggestions", role: "group", "aria-label": "Suggested actions", hidden: true });
    this.node = h("div", { class: "foot" }, this.suggestions, h("div", { class: "foot-line" }, this.typing, this.stop));
  }

  render(conversation) {
    const { store } = this.app;
    this.conversation = conversation.id;
    this.stop.hidden = !store.streaming(conversation.id);
    this.showTyping(store.typing.has(conversation.id) && this.stop.hidden);
    this.suggest(store.suggesting(conversation.id));
  }

  showTyping(typing) {
    if (this.typing.hidden === !typing) return;
    this.typing.hidden = !typing;
    fill(this.typing, typing && [dots(), `${this.app.store.bot.name} is typing…`]);
  }

  suggest(message) {
    if (this.shown === message) return;
    this.shown = message;
    const all = message?.suggested ?? [];
    this.suggestions.hidden = !all.length;
    const chip = (action) => h("button", { type: "button", class: "chip", on: { click: () => this.choose(message, action) } }, action.title);
    const rest = all.slice(SUGGESTED);
    const more = rest.length > 0 && h("button", {
      type: "button", class: "chip more", "aria-label": "More suggestions", "aria-haspopup": "menu", "aria-expanded": "false",
      on: { click: () => menu(more, rest.map((action) => ({ label: action.title, choose: () => this.choose(message, action) })), { label: "More suggestions" }) },
    }, `+${rest.length}`);
    fill(this.suggestions, all.slice(0, SUGGESTED).map(chip), more);
  }

  choose(message, action) {
    // Action.Compose only writes; what happens next is up to the person.
    if (action.type === "Action.Compose") return this.compose(composed(action.value));
    this.send();
    return this.app.act({ type: "choose", conversation: message.conversation, message: message.id, title: action.title });
  }

  halt() {
    this.app.act({ type: "stop", conversation: this.conversation });
  }
}

function composed(value) {
  return markup(String(value?.data?.body?.content ?? ""), () => null).textContent.replace(/<\/?at[^>]*>/g, (tag) => (tag[1] === "/" ? "" : "@"));
}
