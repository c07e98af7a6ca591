// The Discord tab: servers, channels, threads, forums, forms; takes changes in and sends what the person does.

import { ask } from "../lib/confirm.js";
import { fill, h } from "../lib/dom.js";
import { emoji } from "../lib/emoji.js";
import { keep, recall } from "../lib/memory.js";
import { menu } from "../lib/popup.js";
import { parsed } from "./commands.js";
import { askThreadName } from "./dialogs.js";
import { Forum } from "./forum.js";
import { bodyOf, excerpt, saidBy } from "./message.js";
import { modals } from "./modal.js";
import { Pane } from "./pane.js";
import { Sidebar } from "./sidebar.js";
import { isNote, localId, Store } from "./store.js";

const PLACE = "gateway.discord.place";
const EPHEMERAL = 1 << 6;
/** Milliseconds of quiet after which a message counts as said, for those who hear the page: an answer grows by edits. */
const SETTLED = 900;

/** Draws a Discord server into `root`; see platforms.js for the interface. */
export function mount(root, host) {
  const discord = new Discord(root, host);
  return {
    snapshot: (data) => discord.snapshot(data),
    change: (entry) => discord.change(entry),
    destroy: () => discord.destroy(),
  };
}

class Discord {
  constructor(root, host) {
    this.host = host;
    this.store = new Store();
    this.selected = null;
    this.beside = null;
    this.loaded = false;
    this.hinted = false;
    this.written = new Map(); // messages written here, and whether the person means to go on in their thread
    this.saying = new Map();
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
    return {
      store,
      toast: host.toast,
      act: (action, how) => host.act(action, how),
      send: (channel, text, files, replyTo) => this.send(channel, text, files, replyTo),
      click: (message, customId, values) => this.click(message, customId, values),
      react: (message, emojiKey, added) => host.act({ type: "react", channel: message.channel, id: message.id, emoji: emojiKey, added }),
      dismiss: (message) => this.dismiss(message),
      select: (id, how) => this.select(id, how),
      openDm: () => this.openDm(),
      openServer: () => this.select(store.channelsOf("text", "forum")[0]?.id ?? null, { focus: true }),
      openThread: (id, how) => this.openThread(id, how),
      createThread: (message) => this.createThread(message.channel, message),
      openWhenKnown: (id) => this.openWhenKnown(id),
      deleteThread: (thread) => this.deleteThread(thread),
      showThreads: (anchor, channel) => this.showThreads(anchor, channel),
      setPresence: (present) => this.setPresence(present),
    };
  }

  // -- what happens

  snapshot(data) {
    const emptied = this.store.size > 0;
    this.store.load(data);
    if (emptied && !this.store.size) this.host.toast("The bot was started again, and the emulated Discord with it: it begins empty. What your bot remembered is kept.");
    if (!this.loaded) this.restorePlace();
    if (!this.store.channels.has(this.selected)) this.selected = this.store.channelsOf("text", "forum", "dm")[0]?.id ?? null;
    if (!this.store.channels.has(this.beside)) this.beside = null;
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
    this.schedule();
  }

  myModals() {
    return this.store.modals.filter((modal) => !modal.user || modal.user === this.store.me);
  }

  arrived(channel, message, before) {
    const { store } = this;
    if (message.deleted || !store.visible(message) || !store.channels.has(channel)) return;
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
    this.say(message);
  }

  /** Reads a message out once it no longer changes. */
  say(message) {
    clearTimeout(this.saying.get(message.id));
    if (message.loading) return;
    this.saying.set(message.id, setTimeout(() => {
      this.saying.delete(message.id);
      const said = saidBy(bodyOf({ ...message, edited: false }, { store: this.store, click: () => {} }));
      this.host.announce(`${this.store.nameOf(message.author)}: ${said.slice(0, 400) || "a file"}`);
    }, SETTLED));
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
      this.schedule();
      this.forgetTyping();
    }, left + 50);
  }

  // -- what the person does

  async send(channel, text, files, replyTo) {
    const command = text.startsWith("/") ? parsed(text, files, this.store, channel) : null;
    if (command?.error) {
      this.host.toast(command.error);
      return false;
    }
    if (command) return this.run(channel, command);
    const action = { type: "post", channel, text: text.replace(/:([a-z0-9_+-]{1,60}):/g, (whole, name) => emoji(name) ?? whole), files };
    if (replyTo) action.reply_to = replyTo;
    const { ok } = await this.host.act(action);
    if (ok) this.hint(channel, text);
    return ok;
  }

  /** Runs a command; that the bot did not answer stands in the channel, as in Discord. */
  async run(channel, { command, options }) {
    const result = await this.host.act({ type: "command", channel, command, options }, { quiet: true });
    if (!result.ok) {
      const { store } = this;
      const id = localId();
      store.setMessage(channel, {
        id, channel, author: store.bot.user_id, type: 20, content: "", timestamp: new Date().toISOString(), flags: EPHEMERAL,
        ephemeral_for: store.me, command: { name: command, user: store.me }, local: true,
      });
      store.failures.set(id, result.error ?? "The application did not respond");
      this.schedule();
    }
    return true;
  }

  async click(message, customId, values) {
    const { store } = this;
    store.failures.delete(message.id);
    const action = { type: "click", channel: message.channel, id: message.id, custom_id: customId };
    const result = await this.host.act(values ? { ...action, values } : action, { quiet: true });
    if (!result.ok) store.failures.set(message.id, result.error ?? "This interaction failed");
    this.schedule();
  }

  dismiss(message) {
    if (message.local) {
      this.store.setMessage(message.channel, { ...message, deleted: true });
      this.schedule();
    } else this.host.act({ type: "dismiss", channel: message.channel, id: message.id });
  }

  /** Says once why nobody answers: in a channel, a bot hears what mentions it. */
  hint(id, text) {
    const { store } = this;
    const channel = store.channels.get(id);
    if (this.hinted || channel?.kind !== "text" || text.toLowerCase().includes(`@${store.bot.name.toLowerCase()}`)) return;
    this.hinted = true;
    this.host.toast(`In #${channel.name} the bot answers when it is mentioned: begin with @${store.bot.name}, or write in its thread.`);
  }

  createThread(channel, message = null) {
    const suggested = message ? excerpt(message, this.store).slice(0, 40) : "";
    const from = message ? { id: message.id } : {};
    askThreadName({
      suggested, toast: this.host.toast, done: (made) => this.openWhenKnown(made.channel),
      create: (name) => this.host.act({ type: "create_thread", channel, name, ...from }, { quiet: true }),
    });
  }

  /** Opens a thread the server has just said yes to; the change that makes it known may still be under way. */
  openWhenKnown(id) {
    if (this.store.channels.has(id)) this.openThread(id, { focus: true });
    else this.written.set(id, true);
  }

  async deleteThread(thread) {
    if (await ask({ title: "Delete Thread", text: `“${thread.name}” and its messages are removed for everyone, and the bot is told.`, confirm: "Delete", danger: true })) this.host.act({ type: "delete_thread", channel: thread.id });
  }

  showThreads(anchor, channel) {
    const threads = this.store.threadsOf(channel.id).slice(0, 15).map((thread) => ({ label: thread.archived ? `${thread.name} (archived)` : thread.name, choose: () => this.openThread(thread.id, { focus: true }) }));
    menu(anchor, [...threads, { label: "Create Thread…", choose: () => this.createThread(channel.id) }], { label: "Threads" });
  }

  async setPresence(present) {
    const { ok } = await this.host.act({ type: present ? "add_bot" : "remove_bot" });
    if (!ok) return;
    this.store.guild = { ...this.store.guild, bot_present: present };
    this.host.toast(present ? `${this.store.bot.name} has joined the server.` : `${this.store.bot.name} was kicked. It is told so, and hears nothing from the server until it is added again.`);
    this.schedule();
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

  closeThread() {
    const id = this.beside;
    this.beside = null;
    this.draw();
    const back = this.current().node.querySelector(`[data-id="${CSS.escape(id ?? "")}"] .thread-open, [data-thread="${CSS.escape(id ?? "")}"]`);
    if (back) back.focus();
    else this.focusPane();
  }

  current() {
    return this.store.channels.get(this.selected)?.kind === "forum" ? this.forum : this.pane;
  }

  focusPane() {
    const shown = this.current();
    (shown.composer ?? shown).focus();
  }

  // -- drawing

  /** Draws at the next frame: a stream changes more often than the screen. */
  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

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
    cancelAnimationFrame(this.frame);
    clearTimeout(this.silence);
    for (const timer of this.saying.values()) clearTimeout(timer);
    this.modals.destroy();
  }
}
