// A column of messages with its composer: a channel, a direct message, or a thread.

import { fill, h, icon, iconButton } from "../lib/dom.js";
import { Composer } from "./composer.js";
import { messageNode, statusText, timeOf } from "./message.js";

const TOGETHER = 5 * 60;
/** Seconds within which messages of one author stand under one head. */

export class Pane {
  /** `app`: what slack.js offers; `thread`: whether this is the thread pane. */
  constructor(app, { thread, close = null }) {
    this.app = app;
    this.thread = thread;
    this.drawn = new Map();
    this.editing = null;
    this.stuck = true;
    this.title = h("h2", { class: "pane-title" });
    this.list = h("ol", { class: "messages", on: { keydown: (event) => this.rove(event), focusin: (event) => this.remember(event) } });
    this.intro = h("div", { class: "intro" });
    this.scroller = h("div", { class: "pane-scroll", on: { scroll: () => { this.stuck = this.atEnd(); } } }, this.intro, this.list);
    this.status = h("div", { class: "status-line", hidden: true });
    this.prompts = h("div", { class: "prompts", role: "group", "aria-label": "Suggested prompts", hidden: true });
    this.composer = new Composer(app, { send: (text, files) => this.send(text, files), editLast: () => this.editLast() });
    this.node = h("section", {
      class: thread ? "pane thread-pane" : "pane",
      on: {
        dragover: (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); this.node.classList.add("over"); } },
        dragleave: (event) => { if (!this.node.contains(event.relatedTarget)) this.node.classList.remove("over"); },
        drop: (event) => { event.preventDefault(); this.node.classList.remove("over"); this.composer.addFiles(event.dataTransfer.files); },
        keydown: (event) => { if (event.key === "Escape" && close && !event.defaultPrevented) close(); },
      },
    },
    h("div", { class: "pane-head" }, this.title, close && iconButton("close", "Close the thread", close)),
    this.scroller, h("div", { class: "pane-foot" }, this.prompts, this.status, this.composer.node));
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.list);
  }

  /** Shows a channel, or a thread of it. */
  show(channel, ts = null) {
    if (this.channel === channel && this.ts === ts) return;
    this.channel = channel;
    this.ts = ts;
    this.editing = null;
    this.forget();
    this.stuck = true;
  }

  /** Draws everything anew at the next render. */
  forget() {
    this.drawn.clear();
    this.list.replaceChildren();
  }

  render() {
    const { store } = this.app;
    const channel = store.channels.get(this.channel);
    if (!channel) return;
    this.head(channel);
    const messages = this.thread ? store.thread(this.channel, this.ts) : store.topLevel(this.channel);
    this.introduce(channel, messages.length === 0);
    this.place(messages);
    this.showStatus();
    this.showPrompts();
    if (this.stuck) this.toEnd();
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
    this.list.setAttribute("aria-label", "Messages");
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

  /** Brings the list in line with the messages, touching only what changed. */
  place(messages) {
    const { store } = this.app;
    const nodes = [];
    const kept = new Set();
    let previous = null;
    for (const message of messages) {
      const day = timeOf(message.ts).toDateString();
      if (!this.thread && (!previous || timeOf(previous.ts).toDateString() !== day)) nodes.push(this.keep(kept, `day ${day}`, [day], () => divider(message.ts)));
      if (this.thread && previous?.ts === this.ts) {
        const count = messages.length - 1;
        nodes.push(this.keep(kept, "replies", [count], () => h("li", { class: "divider replies" }, h("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`))));
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
      nodes.push(this.keep(kept, message.ts, inputs, () => messageNode(message, this.app, how)));
      previous = message;
    }
    for (const [key, { node }] of this.drawn) {
      if (kept.has(key)) continue;
      this.drawn.delete(key);
      node.remove();
    }
    nodes.forEach((node, index) => {
      if (this.list.children[index] !== node) this.list.insertBefore(node, this.list.children[index] ?? null);
    });
    this.anchor();
  }

  /** The node under `key`, drawn again only when one of its inputs is another. */
  keep(kept, key, inputs, draw) {
    kept.add(key);
    const old = this.drawn.get(key);
    if (old && old.inputs.length === inputs.length && old.inputs.every((input, index) => input === inputs[index])) return old.node;
    const node = draw();
    if (old) {
      const focused = old.node.contains(document.activeElement) ? document.activeElement : null;
      node.tabIndex = old.node.tabIndex;
      old.node.replaceWith(node);
      if (focused) refocus(node, focused, old.node);
    }
    this.drawn.set(key, { inputs, node });
    return node;
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
    this.stuck = true;
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

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 48;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  // One message is in the tab order; the arrows move among them, Tab goes on into its toolbar.

  anchor() {
    if (this.list.contains(document.activeElement)) return;
    const items = this.items();
    for (const item of items) item.tabIndex = item === items.at(-1) ? 0 : -1;
  }

  items() {
    return [...this.list.querySelectorAll(":scope > .message")];
  }

  remember(event) {
    const item = event.target.closest(".message");
    if (item) for (const each of this.items()) each.tabIndex = each === item ? 0 : -1;
  }

  rove(event) {
    if (!event.target.matches(".message")) return;
    const items = this.items();
    const at = items.indexOf(event.target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[Math.max(0, Math.min(items.length - 1, to))].focus();
  }
}

/** After a message is drawn again: the same control in it, else the message itself. */
function refocus(node, focused, old) {
  if (focused === old) return node.focus();
  const keyed = focused.closest("[data-key]");
  const same = keyed && node.querySelector(`[data-key="${CSS.escape(keyed.dataset.key)}"]`);
  (same ?? node).focus({ preventScroll: true });
}

function divider(ts) {
  const date = timeOf(ts);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  const label = days === 0 ? "Today" : days === 1 ? "Yesterday" : date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
  return h("li", { class: "divider" }, h("span", {}, label));
}
