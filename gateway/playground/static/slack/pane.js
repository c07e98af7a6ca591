// A column of messages with its composer: a channel, a direct message, or a thread.

import { dots, fill, h, icon, iconButton } from "../lib/dom.js";
import { Composer } from "../lib/composer.js";
import { dropping } from "../lib/files.js";
import { BasePane, dayDivider, introduction, mentionButton } from "../lib/pane.js";
import { near } from "../lib/time.js";
import { messageNode, statusText, timeOf } from "./message.js";

/** Minutes within which messages of one author stand under one head. */
const TOGETHER = 5;

export class Pane extends BasePane {
  /**
   * `app`: what slack.js offers; `thread`: whether this is the thread pane, which `close` closes.
   * @param {any} app
   * @param {{thread: boolean, close?: () => void}} how
   */
  constructor(app, { thread, close }) {
    super(app);
    this.thread = thread;
    this.status = h("div", { class: "status-line", hidden: true });
    this.prompts = h("div", { class: "prompts", role: "group", "aria-label": "Suggested prompts", hidden: true });
    this.composer = new Composer({ people: () => mentionable(app.store), send: (text, files) => this.send(text, files), editLast: () => this.editLast(), toast: app.toast });
    this.node = h("section", {
      class: thread ? "pane thread-pane" : "pane",
      on: {
        ...dropping((files) => this.composer.addFiles(files)),
        keydown: (event) => { if (event.key === "Escape" && close && !event.defaultPrevented) close(); },
      },
    },
    h("div", { class: "pane-head" }, this.title, close && iconButton("close", "Close the thread", close)),
    this.feed.node, h("div", { class: "pane-foot" }, this.prompts, this.status, this.composer.node));
  }

  /** Shows a channel, or a thread of it. */
  show(channel, ts = null) {
    if (this.channel === channel && this.ts === ts) return;
    this.channel = channel;
    this.ts = ts;
    this.begin();
  }

  render() {
    const { store } = this.app;
    const channel = store.channels.get(this.channel);
    if (!channel) return;
    this.head(channel);
    const messages = this.messages();
    const empty = messages.length === 0;
    this.introduce(empty, `${channel.id} ${empty} ${store.bot.name} ${this.thread}`, () => !this.thread && empty && this.words(channel));
    this.feed.render((keep) => this.nodes(messages, keep));
    this.showStatus();
    this.showPrompts();
    if (this.feed.stuck) this.feed.toEnd();
  }

  messages() {
    const { store } = this.app;
    return this.thread ? store.thread(this.channel, this.ts) : store.topLevel(this.channel);
  }

  head(channel) {
    const { store } = this.app;
    const name = store.title(channel);
    const mark = channel.kind === "im" ? "" : "#";
    if (this.thread) {
      fill(this.title, "Thread ", h("span", { class: "pane-where" }, `${mark}${name}`));
      this.node.setAttribute("aria-label", `Thread in ${mark}${name}`);
      this.composer.goTo(`${this.channel} ${this.ts}`, "Reply…");
    } else {
      fill(this.title, channel.kind === "im" ? h("span", { class: "presence" }) : icon("hash"), name, channel.kind === "im" && h("span", { class: "badge" }, "APP"));
      this.node.setAttribute("aria-label", channel.kind === "im" ? `Direct message with ${name}` : `Channel ${name}`);
      this.composer.goTo(this.channel, channel.kind === "im" ? `Message ${name}` : `Message #${name}`);
    }
  }

  /** What a newcomer reads where nothing has been said. */
  words(channel) {
    const { store } = this.app;
    const { name } = store.bot;
    if (channel.kind === "im") {
      return introduction("spark", `This is your conversation with ${name}`, ["Write anything: every message here reaches your bot. Attach a file, or try a command such as ", h("code", {}, "/new"), "."]);
    }
    const dm = [...store.channels.values()].find((each) => each.kind === "im");
    return introduction("hash", `Welcome to #${channel.name}`, ["Mention ", h("strong", {}, `@${name}`), " to talk to your bot; it answers in a thread. Or write it a direct message."],
      mentionButton(this.composer, name),
      dm && h("button", { type: "button", class: "button", on: { click: () => this.app.selectChannel(dm.id, { focus: true }) } }, "Open the direct message"));
  }

  nodes(messages, keep) {
    const { store } = this.app;
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      if (!this.thread) nodes.push(...dayDivider(keep, timeOf(message.ts), previous && timeOf(previous.ts)));
      if (this.thread && previous?.ts === this.ts) {
        const count = messages.length - 1;
        nodes.push(keep("replies", [count], () => h("li", { class: "divider replies" }, h("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`))));
      }
      const parent = !this.thread ? this.replies(message) : { count: 0, key: "" };
      const how = {
        channel: this.channel,
        thread: this.thread,
        compact: this.together(previous, message),
        replies: parent,
        status: this.thread ? null : store.statusOf(this.channel, message.ts),
        editing: this.editing === message.ts,
      };
      const inputs = how.editing ? ["editing"] : [message, how.compact, parent.key, how.status];
      nodes.push(keep(message.ts, inputs, () => messageNode(message, this.app, how)));
      previous = message;
    }
    return nodes;
  }

  together(previous, message) {
    if (!previous || previous.ephemeral_for || message.ephemeral_for || previous.subtype === "tombstone") return false;
    if (this.thread && previous.ts === this.ts) return false;
    const { store } = this.app;
    if (!this.thread && store.replies(this.channel, previous.ts).length) return false;
    return store.author(previous) === store.author(message) && store.isBot(previous) === store.isBot(message) && near(timeOf(previous.ts), timeOf(message.ts), TOGETHER);
  }

  replies(message) {
    const { store } = this.app;
    const list = store.replies(this.channel, message.ts);
    const authors = [];
    for (const reply of list) if (!authors.some((seen) => store.author(seen) === store.author(reply))) authors.push(reply);
    const last = list.at(-1)?.ts ?? null;
    return { count: list.length, last, authors: authors.slice(0, 4), key: `${list.length} ${last} ${authors.length}` };
  }

  showStatus() {
    const { store } = this.app;
    const status = this.thread ? store.statusOf(this.channel, this.ts) : store.statusOf(this.channel, null);
    const shown = status ? `${status.text} ${status.processing}` : "";
    if (shown === this.shownStatus) return;
    this.shownStatus = shown;
    this.status.hidden = !status;
    if (!status) {
      fill(this.status);
      return;
    }
    const stop = h("button", { type: "button", class: "button small stop", on: { click: () => this.app.act({ type: "stop", channel: this.channel, thread_ts: this.ts ?? "" }) } }, icon("stop"), "Stop");
    fill(this.status, dots(), h("span", { role: "status" }, statusText(status, store)), status.processing && stop);
  }

  showPrompts() {
    const { store } = this.app;
    // Prompts for the whole conversation are an offer to begin; once something is said they would only be in the way.
    const found = this.thread ? store.promptsOf(this.channel, this.ts) : store.promptsOf(this.channel, null);
    const shown = found && (this.thread || store.topLevel(this.channel).length === 0 || this.app.store.channels.get(this.channel)?.kind === "im") ? found : null;
    if (this.shownPrompts === shown) return;
    this.shownPrompts = shown;
    this.prompts.hidden = !shown;
    fill(this.prompts, shown && [shown.title && h("p", { class: "prompts-title" }, shown.title), h("div", { class: "prompts-list" }, shown.prompts.map((prompt) => h("button", { type: "button", class: "chip", title: prompt.message, on: { click: () => this.send(prompt.message, []) } }, prompt.title)))]);
  }

  async send(text, files) {
    this.feed.stuck = true;
    return this.app.send(this.channel, this.thread ? this.ts : null, text, files);
  }

  /** Arrow up in an empty composer: edit what one wrote last. */
  editLast() {
    return this.editLatest(this.messages().filter((message) => !message.ephemeral_for));
  }
}

function mentionable(store) {
  const others = [...store.users.values()].filter((user) => user.id !== store.me);
  return others.map((user) => ({ name: user.name, about: user.real_name && user.real_name !== user.name ? user.real_name : "", bot: user.is_bot }));
}
