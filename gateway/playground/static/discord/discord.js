// The Discord tab: takes changes in, knows where the person is, and draws.

import { fill, find, h } from "../lib/dom.js";
import { onFrame } from "../lib/frame.js";
import { keep, recall } from "../lib/memory.js";
import { deeds } from "./deeds.js";
import { Forum } from "./forum.js";
import { modals } from "./modal.js";
import { Pane } from "./pane.js";
import { Sidebar } from "./sidebar.js";
import { Speaker } from "./speaker.js";
import { isNote, Store } from "./store.js";

const PLACE = "gateway.discord.place";

/** Draws a Discord server into `root`; see platforms.js for the interface. */
export const mount = (root, host) => new Discord(root, host);

class Discord {
  constructor(root, host) {
    this.host = host;
    this.store = new Store();
    this.selected = null;
    this.beside = null;
    this.loaded = false;
    this.written = new Map(); // messages written here, and whether the person means to go on in their thread
    this.frame = onFrame(() => this.draw());
    this.speaker = new Speaker(this.store, host.announce);
    const app = this.app();
    this.sidebar = new Sidebar(app);
    this.pane = new Pane(app, { side: false });
    this.side = new Pane(app, { side: true, close: () => this.closeThread() });
    this.forum = new Forum(app);
    this.modals = modals(app);
    fill(root, h("div", { class: "discord" }, this.sidebar.nodes, this.pane.node, this.forum.node, this.side.node));
  }

  /** What the parts of the tab may do. */
  app() {
    const { host, store } = this;
    const ways = {
      changed: () => this.frame.ask(),
      select: (id, how) => this.select(id, how),
      openDm: () => this.openDm(),
      openServer: () => this.select(store.channelsOf("text", "forum")[0]?.id ?? null, { focus: true }),
      openThread: (id, how) => this.openThread(id, how),
      openWhenKnown: (id) => this.openWhenKnown(id),
    };
    return { store, toast: host.toast, act: (action, how) => host.act(action, how), ...ways, ...deeds({ host, store, ...ways }) };
  }

  // -- what happens

  snapshot(data) {
    const emptied = this.store.size > 0;
    this.store.load(data);
    if (emptied && !this.store.size) this.host.toast("The bot was started again, and the emulated Discord with it: it begins empty. What your bot remembered is kept.");
    if (!this.loaded) this.restorePlace();
    for (const pane of [this.pane, this.side]) pane.feed.forget();
    this.draw();
    this.modals.sync(this.myModals());
    if (!this.loaded) this.focusPane();
    this.loaded = true;
  }

  change(entry) {
    if (entry.type !== "change") return;
    const opened = entry.entity === "channel" && !this.store.channels.has(entry.channel.id);
    const before = this.store.apply(entry);
    if (entry.entity === "modal") this.modals.sync(this.myModals());
    else if (entry.entity === "message") this.arrived(entry.channel, entry.message, before);
    else if (opened) this.follow(entry.channel);
    else if (entry.entity === "typing") this.forgetTyping();
    this.frame.ask();
  }

  myModals() {
    return this.store.modals.filter((modal) => !modal.user || modal.user === this.store.me);
  }

  arrived(channel, message, before) {
    const { store } = this;
    if (message.deleted) return this.speaker.say(message);
    if (!store.visible(message) || !store.channels.has(channel)) return;
    store.failures.delete(message.id);
    if (store.isMine(message)) {
      if (!before) this.written.set(message.id, this.written.get(message.id) ?? false);
      return;
    }
    if (isNote(message)) return;
    if (!before && !this.shows(channel)) {
      const { count, pings } = store.unread.get(channel) ?? { count: 0, pings: 0 };
      store.unread.set(channel, { count: count + 1, pings: pings + Number(store.pingsMe(message)) });
    }
    this.speaker.say(message);
  }

  /** Opens the thread in which a message just written here is being answered, unless another is being written in. */
  follow(thread) {
    if (thread.deleted || thread.parent_id !== this.selected || !this.written.has(thread.id)) return;
    const focus = this.written.get(thread.id);
    if (focus || !this.beside || this.side.composer.empty) this.openThread(thread.id, { focus });
  }

  /** Draws again when somebody has stopped typing without a word. */
  forgetTyping() {
    clearTimeout(this.silence);
    const left = this.store.nextSilence();
    if (left === null) return;
    this.silence = setTimeout(() => {
      this.frame.ask();
      this.forgetTyping();
    }, left + 50);
  }

  // -- where one is

  /** After a reload one is where one was; kept per browser tab. */
  restorePlace() {
    const { channel = null, thread = null } = recall("sessionStorage", PLACE) ?? {};
    this.selected = channel;
    this.beside = thread;
  }

  shows(channel) {
    return channel === this.selected || channel === this.beside;
  }

  select(id, { focus = false } = {}) {
    if (id !== this.selected) {
      this.selected = id;
      this.beside = null;
    }
    this.draw();
    if (focus) this.focusPane();
  }

  async openDm() {
    const [known] = this.store.channelsOf("dm");
    const { ok, channel } = known ? { ok: true, channel: known.id } : await this.host.act({ type: "open_dm" });
    if (ok) this.select(channel, { focus: true });
  }

  openThread(id, { focus = false } = {}) {
    const parent = this.store.channels.get(id)?.parent_id;
    if (this.selected === id) return this.focusPane();
    if (parent) this.selected = parent;
    this.beside = id;
    this.draw();
    if (focus) this.side.composer.focus();
  }

  /** Opens a thread the server has just said yes to; the change that makes it known may still be under way. */
  openWhenKnown(id) {
    if (this.store.channels.has(id)) this.openThread(id, { focus: true });
    else this.written.set(id, true);
  }

  closeThread() {
    const id = this.beside;
    this.beside = null;
    this.draw();
    const back = find(this.current().node, `[data-id="${CSS.escape(id ?? "")}"] .thread-open, [data-thread="${CSS.escape(id ?? "")}"]`);
    if (back) back.focus();
    else this.focusPane();
  }

  current() {
    return this.store.channels.get(this.selected)?.kind === "forum" ? this.forum : this.pane;
  }

  focusPane() {
    this.current().focus();
  }

  // -- drawing

  draw() {
    const { store } = this;
    if (!store.channels.has(this.selected)) this.selected = store.channelsOf("text", "forum", "dm")[0]?.id ?? null;
    if (!store.channels.has(this.beside)) this.beside = null;
    for (const seen of [this.selected, this.beside]) store.unread.delete(seen);
    this.sidebar.render(this.selected, this.beside);
    if (!this.selected) return;
    keep("sessionStorage", PLACE, { channel: this.selected, thread: this.beside });
    const shown = this.current();
    for (const each of [this.pane, this.forum]) each.node.hidden = each !== shown;
    shown.show(this.selected);
    shown.render();
    this.side.node.hidden = !this.beside;
    if (this.beside) {
      this.side.show(this.beside);
      this.side.render();
    }
  }

  destroy() {
    this.frame.cancel();
    clearTimeout(this.silence);
    this.speaker.stop();
    this.modals.destroy();
  }
}
