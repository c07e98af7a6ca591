// A column of messages with its composer: a channel, a direct message, or a thread.

import { fill, h, icon, iconButton } from "../lib/dom.js";
import { Composer } from "../lib/composer.js";
import { Feed } from "../lib/feed.js";
import { dropping } from "../lib/files.js";
import { dayLabel } from "../lib/time.js";
import { messageNode, statusText, timeOf } from "./message.js";

const TOGETHER = 5 * 60;
/** Seconds within which messages of one author stand under one head. */

export class Pane {
  /**
   * `app`: what slack.js offers; `thread`: whether this is the thread pane, which `close` closes.
   * @param {any} app
   * @param {{thread: boolean, close?: () => void}} how
   */
  constructor(app, { thread, close }) {
    this.app = app;
    this.thread = thread;
    this.editing = null;
    this.title = h("h2", { class: "pane-title" });
    this.intro = h("div", { class: "intro" });
    this.feed = new Feed(this.intro);
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
    this.editing = null;
    this.feed.forget();
    this.feed.stuck = true;
  }

  render() {
    const { store } = this.app;
    const channel = store.channels.get(this.channel);
    if (!channel) return;
    this.head(channel);
    const messages = this.thread ? store.thread(this.channel, this.ts) : store.topLevel(this.channel);
    this.introduce(channel, messages.length === 0);
    this.feed.render((keep) => this.nodes(messages, keep));
    this.showStatus();
    this.showPrompts();
    if (this.feed.stuck) this.feed.toEnd();
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
  introduce(channel, empty) {
    const { store } = this.app;
    this.node.classList.toggle("is-empty", empty);
    const key = `${channel.id} ${empty} ${store.bot.name} ${this.thread}`;
    if (this.introduced === key) return;
    this.introduced = key;
    if (this.thread || !empty) {
      fill(this.intro);
      return;
    }
    const bot = h("strong", {}, `@${store.bot.name}`);
    if (channel.kind === "im") {
      fill(this.intro, h("div", { class: "intro-mark" }, icon("spark")), h("h3", {}, `This is your conversation with ${store.bot.name}`), h("p", {}, "Write anything: every message here reaches your bot. Attach a file, or try a command such as ", h("code", {}, "/new"), "."));
      return;
    }
    const dm = [...store.channels.values()].find((each) => each.kind === "im");
    fill(this.intro, h("div", { class: "intro-mark" }, icon("hash")), h("h3", {}, `Welcome to #${channel.name}`),
      h("p", {}, "Mention ", bot, " to talk to your bot; it answers in a thread. Or write it a direct message."),
      h("div", { class: "intro-actions" },
        h("button", { type: "button", class: "button primary", on: { click: () => this.composer.insert(`@${store.bot.name} `) } }, `Mention @${store.bot.name}`),
        dm && h("button", { type: "button", class: "button", on: { click: () => this.app.selectChannel(dm.id, { focus: true }) } }, "Open the direct message")));
  }

  nodes(messages, keep) {
    const { store } = this.app;
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      const day = timeOf(message.ts).toDateString();
      if (!this.thread && (!previous || timeOf(previous.ts).toDateString() !== day)) nodes.push(keep(`day ${day}`, [day], () => divider(message.ts)));
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
    if (timeOf(previous.ts).toDateString() !== timeOf(message.ts).toDateString()) return false;
    const { store } = this.app;
    if (!this.thread && store.replies(this.channel, previous.ts).length) return false;
    return store.author(previous) === store.author(message) && store.isBot(previous) === store.isBot(message) && Number(message.ts) - Number(previous.ts) < TOGETHER;
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
    fill(this.status, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { role: "status" }, statusText(status, store)), status.processing && stop);
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

  beginEdit(ts) {
    this.editing = ts;
    this.render();
  }

  endEdit() {
    const ts = this.editing;
    if (ts === null) return;
    this.editing = null;
    this.render();
    this.composer.focus();
  }

  /** Arrow up in an empty composer: edit what one wrote last. */
  editLast() {
    const { store } = this.app;
    const messages = this.thread ? store.thread(this.channel, this.ts) : store.topLevel(this.channel);
    const last = messages.filter((message) => store.isMine(message) && !message.ephemeral_for).at(-1);
    if (last) this.beginEdit(last.ts);
    return Boolean(last);
  }
}

function mentionable(store) {
  const others = [...store.users.values()].filter((user) => user.id !== store.me);
  return others.map((user) => ({ name: user.name, about: user.real_name && user.real_name !== user.name ? user.real_name : "", bot: user.is_bot }));
}

const divider = (ts) => h("li", { class: "divider" }, h("span", {}, dayLabel(timeOf(ts))));
