// A column of messages with its composer: a channel, a thread, or the direct message.

import { dots, fill, find, h, icon, iconButton } from "../lib/dom.js";
import { dropping } from "../lib/files.js";
import { BasePane, dayDivider, introduction, mentionButton } from "../lib/pane.js";
import { near } from "../lib/time.js";
import { ChannelComposer } from "./composer.js";
import { messageNode, timeOf } from "./message.js";
import { authorName } from "./people.js";
import { isNote } from "./store.js";

/** Minutes within which messages of one author stand under one head. */
const TOGETHER = 7;
const THREAD_STARTER = 21;

export class Pane extends BasePane {
  /**
   * `host`: what discord.js offers to all; `side`: whether it stands beside another pane; `close()` is there if so.
   * @param {any} host
   * @param {{side: boolean, close?: () => void}} how
   */
  constructor(host, { side, close }) {
    super({ ...host });
    Object.assign(this.app, { beginEdit: (id) => this.beginEdit(id), endEdit: () => this.endEdit(), beginReply: (id) => this.beginReply(id), jump: (id) => this.jump(id) });
    this.replying = null;
    this.topic = h("p", { class: "topic" });
    this.tools = h("div", { class: "pane-tools" });
    this.replyBar = h("div", { class: "reply-bar", hidden: true });
    this.typing = h("p", { class: "typing", role: "status" });
    const { store } = host;
    this.composer = new ChannelComposer({
      store,
      people: () => mentionable(store, this.channel),
      place: () => this.channel,
      send: (text, files) => this.send(text, files),
      speak: (recording) => this.app.act({ type: "voice", channel: this.channel, ...recording }),
      typed: () => this.app.act({ type: "typing", channel: this.channel }, { quiet: true }),
      editLast: () => this.editLast(),
      toast: host.toast,
    });
    this.locked = h("p", { class: "locked", hidden: true }, icon("lock"), "This thread is locked.");
    this.foot = h("div", { class: "pane-foot" }, this.replyBar, this.composer.node, this.locked, this.typing);
    this.node = h("section", {
      class: side ? "pane side-pane" : "pane",
      on: {
        ...dropping((files) => this.composer.addFiles(files)),
        keydown: (event) => this.escape(event, close),
      },
    },
    h("div", { class: "pane-head" }, this.title, this.topic, this.tools, close && iconButton("close", "Close the thread", close)),
    this.feed.node, this.foot);
  }

  show(channel) {
    if (this.channel === channel) return;
    this.channel = channel;
    this.replying = null;
    this.begin();
  }

  render() {
    const { store } = this.app;
    const channel = store.channels.get(this.channel);
    if (!channel) return;
    const messages = store.messagesOf(this.channel);
    if (this.replying && !store.message(this.channel, this.replying)) this.replying = null;
    this.head(channel);
    const empty = messages.length === 0;
    this.introduce(empty, `${channel.id} ${channel.name} ${empty} ${store.bot.name}`, () => this.words(channel, empty));
    this.feed.render((keep) => this.nodes(channel, messages, keep));
    this.showReply();
    this.showTyping();
    this.locked.hidden = !channel.locked;
    this.composer.node.hidden = Boolean(channel.locked);
    if (this.feed.stuck) this.feed.toEnd();
  }

  head(channel) {
    const { store } = this.app;
    const parent = store.parentOf(channel);
    const key = JSON.stringify([channel, parent?.name]);
    const label = { dm: `Message @${channel.name}`, thread: `Message in “${channel.name}”` }[channel.kind] ?? `Message #${channel.name}`;
    this.composer.goTo(channel.id, label);
    if (key === this.headed) return;
    this.headed = key;
    const mark = { dm: h("span", { class: "presence" }), thread: icon("thread") }[channel.kind] ?? icon("hash");
    fill(this.title, mark, h("span", { class: "pane-name" }, channel.name), channel.kind === "dm" && h("span", { class: "badge" }, "APP"), parent && h("span", { class: "pane-where" }, `in #${parent.name}`));
    fill(this.topic, channel.topic);
    this.node.setAttribute("aria-label", { dm: `Direct message with ${channel.name}`, thread: `Thread ${channel.name}` }[channel.kind] ?? `Channel ${channel.name}`);
    const threads = iconButton("thread", "Threads", () => this.app.showThreads(threads, channel), { "aria-haspopup": "menu", "aria-expanded": "false" });
    fill(this.tools, channel.kind === "text" && threads, channel.kind === "thread" && iconButton("trash", "Delete Thread", () => this.app.deleteThread(channel)));
  }

  /** What a newcomer reads above the messages, and more where nothing has been said. */
  words(channel, empty) {
    const { store } = this.app;
    const { name } = store.bot;
    const bot = h("strong", {}, `@${name}`);
    if (channel.kind === "thread") return introduction("thread", channel.name, ["Started by ", authorName(channel.owner, store)]);
    if (channel.kind === "dm") return introduction("spark", channel.name, ["This is the beginning of your direct message history with ", bot, ". ", empty && "Every message here reaches your bot; attach a file, or type / for its commands."]);
    const ways = [mentionButton(this.composer, name), h("button", { type: "button", class: "button secondary", on: { click: () => this.app.openDm() } }, "Open the direct message")];
    return introduction("hash", `Welcome to #${channel.name}!`, [`This is the start of the #${channel.name} channel. `, empty && ["Mention ", bot, " to talk to your bot; it answers in a thread."]], ...(empty ? ways : []));
  }

  nodes(channel, messages, keep) {
    const { store } = this.app;
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      nodes.push(...dayDivider(keep, timeOf(message), previous && timeOf(previous)));
      // A thread opened from a message begins with it, though it stands in the parent channel.
      const starter = message.type === THREAD_STARTER ? store.message(channel.parent_id, message.reply_to) : null;
      const shown = starter ?? message;
      const thread = !starter && message.thread && message.thread !== channel.id ? (store.channels.get(message.thread) ?? null) : null;
      const replies = thread ? store.repliesIn(thread.id) : [];
      const how = {
        compact: together(previous, message),
        editing: this.editing === message.id,
        replied: shown.reply_to ? store.message(shown.channel, shown.reply_to) : null,
        failure: store.failures.get(message.id) ?? null,
        thread,
        replies,
        quiet: Boolean(starter),
      };
      const inputs = how.editing ? ["editing"] : [shown, how.compact, how.replied, how.failure, thread, replies.length, replies.at(-1)];
      nodes.push(keep(message.id, inputs, () => messageNode(shown, this.app, how)));
      previous = message;
    }
    return nodes;
  }

  showReply() {
    const { store } = this.app;
    const message = this.replying ? store.message(this.channel, this.replying) : null;
    this.replyBar.hidden = !message;
    if (message) fill(this.replyBar, h("span", {}, "Replying to ", h("strong", {}, store.nameOf(message.author))), iconButton("close", "Do not reply", () => this.endReply()));
  }

  showTyping() {
    const { store } = this.app;
    const names = store.typers(this.channel).map((id) => store.nameOf(id));
    const key = names.join();
    if (key === this.typingShown) return;
    this.typingShown = key;
    const who = names.length > 3 ? "Several people are" : `${names.slice(0, -1).join(", ")}${names.length > 1 ? " and " : ""}${names.at(-1)} ${names.length > 1 ? "are" : "is"}`;
    fill(this.typing, names.length > 0 && [dots(), `${who} typing…`]);
  }

  async send(text, files) {
    this.feed.stuck = true;
    const replyTo = this.replying;
    const taken = await this.app.send(this.channel, text, files, replyTo);
    if (taken && this.replying === replyTo) this.endReply();
    return taken;
  }

  // -- replying and editing

  beginReply(id) {
    this.replying = id;
    this.render();
    this.composer.focus();
  }

  endReply() {
    if (!this.replying) return;
    this.replying = null;
    this.render();
    this.composer.focus();
  }

  /** Arrow up in an empty composer: edit what one wrote last. */
  editLast() {
    return this.editLatest(this.app.store.messagesOf(this.channel).filter((message) => !isNote(message)));
  }

  escape(event, close) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (this.replying) this.endReply();
    else close?.();
  }

  /** Shows the message a reply answers. */
  jump(id) {
    const node = find(this.feed.list, `[data-id="${CSS.escape(id)}"]`);
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.focus();
  }
}

function together(previous, message) {
  if (!previous || isNote(previous) || isNote(message) || previous.thread || message.reply_to || message.command || message.ephemeral_for || previous.ephemeral_for) return false;
  return previous.author === message.author && near(timeOf(previous), timeOf(message), TOGETHER);
}

/** Whom one can mention; what Discord's client offers too: everyone. */
function mentionable(store, channel) {
  const people = [...store.users.values()].filter((user) => user.id !== store.me).map((user) => ({ name: store.nameOf(user.id), about: user.name, bot: user.bot }));
  return store.channels.get(channel)?.kind === "dm" ? people.filter((each) => each.bot) : people;
}
