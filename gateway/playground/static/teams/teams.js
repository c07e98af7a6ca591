// The Teams tab: chats, channels, dialogs; takes changes in and sends what the person does.

import { fill, h, spoken } from "../lib/dom.js";
import { onFrame } from "../lib/frame.js";
import { keep, recall } from "../lib/memory.js";
import { dialogs } from "./dialogs.js";
import { Kept } from "./kept.js";
import { Pane } from "./pane.js";
import { Sidebar } from "./sidebar.js";
import { Store } from "./store.js";
import { messageText } from "./text.js";

const PLACE = "gateway.teams.place";
const TYPING = 10_000;
/** Milliseconds for which Teams shows a typing indicator. */

/** Draws a Teams tenant into `root`; see platforms.js for the interface. */
export const mount = (root, host) => new Teams(root, host);

class Teams {
  constructor(root, host) {
    this.host = host;
    this.store = new Store();
    this.frame = onFrame(() => this.draw());
    this.selected = null;
    this.loaded = false;
    this.hinted = false;
    this.timers = new Map();
    this.cards = new Kept();
    const app = this.app();
    this.pane = new Pane(app);
    this.sidebar = new Sidebar(app);
    this.dialogs = dialogs(app);
    fill(root, h("div", { class: "teams" }, this.sidebar.rail, this.sidebar.list, this.pane.node));
  }

  /** What the parts of the tab may do. */
  app() {
    const { host, store, cards } = this;
    return {
      store,
      cards,
      toast: host.toast,
      act: (action, how) => host.act(action, how),
      say: (conversation, thread, text, files, images) => this.say(conversation, thread, text, files, images),
      edit: async ({ conversation, id }, text) => (await host.act({ type: "edit", conversation, message: id, text })).ok,
      select: (id, how) => this.select(id, how),
      beginEdit: (id) => this.pane.beginEdit(id),
      endEdit: () => this.pane.endEdit(),
    };
  }

  snapshot(data) {
    const before = this.store.size;
    this.store.load(data);
    if (before && !this.store.size) this.host.toast("The bot was started again, and the emulated Teams with it: it begins empty. What your bot remembered is kept.");
    if (!this.loaded) this.selected = recall("sessionStorage", PLACE);
    if (!this.store.conversations.has(this.selected)) this.selected = (this.store.chats()[0] ?? [...this.store.conversations.values()][0])?.id ?? null;
    for (const conversation of this.store.typing) this.forgetTyping(conversation);
    this.cards.prune((conversation, message) => this.store.message(conversation, message) !== null);
    this.draw();
    this.dialogs.sync(this.myDialogs());
    if (!this.loaded) this.pane.composer.focus();
    this.loaded = true;
  }

  change(entry) {
    if (entry.type !== "change") return;
    const before = this.store.apply(entry);
    if (entry.entity === "dialog") this.dialogs.sync(this.myDialogs());
    else if (entry.entity === "message") this.arrived(entry.message, before);
    else if (entry.entity === "typing" && entry.typing) this.forgetTyping(entry.conversation);
    this.frame.ask();
  }

  myDialogs() {
    return [...this.store.dialogs.values()].filter((dialog) => dialog.user === this.store.me);
  }

  arrived(message, before) {
    const { store } = this;
    const { conversation } = message;
    if (message.deleted || store.isMine(message) || !store.visible(message)) return;
    if (!before && conversation !== this.selected) store.unread.set(conversation, (store.unread.get(conversation) ?? 0) + 1);
    const done = !message.streaming && (!before || before.streaming);
    if (!done) return;
    const said = message.text ? spoken(messageText(message, store, null)) : "";
    this.host.announce(`${message.name}: ${said.slice(0, 400) || "a card or a file"}`);
  }

  /** A bot that stopped typing does not say so. */
  forgetTyping(conversation) {
    clearTimeout(this.timers.get(conversation));
    this.timers.set(conversation, setTimeout(() => {
      this.store.typing.delete(conversation);
      this.frame.ask();
    }, TYPING));
  }

  async say(id, thread, text, files, images) {
    const action = { type: "say", conversation: id, text, files, images };
    if (thread) action.thread = thread;
    const { ok } = await this.host.act(action);
    if (ok) this.hint(id, text);
    return ok;
  }

  /** Says once why nobody answers: outside of its personal chats, a bot hears what mentions it. */
  hint(id, text) {
    const { store } = this;
    const conversation = store.conversations.get(id);
    const addressed = text.toLowerCase().includes(`@${store.bot.name.toLowerCase()}`);
    if (this.hinted || !conversation || conversation.kind === "personal" || addressed) return;
    this.hinted = true;
    this.host.toast(`In ${store.title(conversation)} the bot answers when it is mentioned: begin with @${store.bot.name}, also in replies.`);
  }

  select(id, { focus = false } = {}) {
    this.selected = id;
    this.store.unread.delete(id);
    this.draw();
    if (focus) this.pane.composer.focus();
  }

  draw() {
    if (!this.store.conversations.has(this.selected)) this.selected = this.store.chats()[0]?.id ?? null;
    this.sidebar.render(this.selected);
    if (!this.selected) return;
    if (this.saved !== this.selected) keep("sessionStorage", PLACE, (this.saved = this.selected));
    this.pane.show(this.selected);
    this.pane.render();
  }

  destroy() {
    this.frame.cancel();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.dialogs.destroy();
  }
}
