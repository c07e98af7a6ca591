// The Slack tab: sidebar, channel, thread, modals; takes changes in and sends what the person does.

import { dots, fill, find, focusedIn, h, icon, spoken } from "../lib/dom.js";
import { onFrame } from "../lib/frame.js";
import { keep, recall } from "../lib/memory.js";
import { bodyOf } from "./message.js";
import { modals } from "./modal.js";
import { typedToText } from "./mrkdwn.js";
import { Pane } from "./pane.js";
import { isReply, Store } from "./store.js";

const PLACE = "gateway.slack.place";

/** Draws a Slack workspace into `root`; see platforms.js for the interface. */
export const mount = (root, host) => new Slack(root, host);

class Slack {
  constructor(root, host) {
    this.host = host;
    this.store = new Store();
    this.frame = onFrame(() => this.draw());
    this.selected = null;
    this.openTs = null;
    this.loaded = false;
    this.hinted = false;
    this.written = new Set();
    this.channelPane = new Pane(this.appFor(() => this.channelPane), { thread: false });
    this.threadPane = new Pane(this.appFor(() => this.threadPane), { thread: true, close: () => this.closeThread() });
    this.threadPane.node.hidden = true;
    this.modals = modals(this.appFor(() => this.channelPane));
    this.sidebar = h("nav", { class: "sidebar", "aria-label": "Workspace" });
    fill(root, h("div", { class: "slack" }, this.sidebar, this.channelPane.node, this.threadPane.node));
  }

  /** What panes, messages and modals may do. */
  appFor(pane) {
    const { host, store } = this;
    return {
      store,
      toast: host.toast,
      act: (action) => host.act(action),
      send: (channel, thread, text, files) => this.send(channel, thread, text, files),
      edit: async (channel, ts, text) => (await host.act({ type: "edit", channel, ts, text: typedToText(text, store) })).ok,
      openThread: (ts, how) => this.openThread(ts, how),
      selectChannel: (id, how) => this.selectChannel(id, how),
      beginEdit: (ts) => pane().beginEdit(ts),
      endEdit: () => pane().endEdit(),
    };
  }

  snapshot(data) {
    const emptied = this.store.size > 0;
    this.store.load(data);
    if (emptied && !this.store.size) this.host.toast("The bot was started again, and the emulated Slack with it: it begins empty. What your bot remembered is kept.");
    if (!this.loaded) this.restorePlace();
    if (!this.store.channels.has(this.selected)) {
      this.selected = [...this.store.channels.values()][0]?.id ?? null;
      this.openTs = null;
    }
    if (this.openTs && !this.store.thread(this.selected, this.openTs).length) this.openTs = null;
    for (const pane of [this.channelPane, this.threadPane]) pane.feed.forget();
    this.draw();
    this.modals.sync(this.myViews());
    if (!this.loaded) this.channelPane.composer.focus();
    this.loaded = true;
  }

  change(entry) {
    if (entry.type !== "change") return;
    const before = this.store.apply(entry);
    if (entry.entity === "view") this.modals.sync(this.myViews());
    else if (entry.entity === "message") this.arrived(entry.channel, entry.message, before);
    else if (entry.entity === "status" && entry.thread_ts) this.follow(entry.channel, entry.thread_ts);
    this.frame.ask();
  }

  /** After a reload one is where one was; kept per browser tab. */
  restorePlace() {
    const { channel = null, thread = null } = recall("sessionStorage", PLACE) ?? {};
    this.selected = channel;
    this.openTs = thread;
  }

  savePlace() {
    const place = { channel: this.selected, thread: this.openTs };
    if (place.channel === this.savedPlace?.channel && place.thread === this.savedPlace?.thread) return;
    this.savedPlace = place;
    keep("sessionStorage", PLACE, place);
  }

  myViews() {
    return this.store.views.filter((shown) => !shown.user || shown.user === this.store.me);
  }

  arrived(channel, message, before) {
    if (message.deleted || !this.store.visible(message)) return;
    const others = !this.store.isMine(message);
    if (!before && !others) this.written.add(message.ts);
    if (!before && others && channel !== this.selected) this.store.unread.set(channel, (this.store.unread.get(channel) ?? 0) + 1);
    if (!before && others && isReply(message)) this.follow(channel, message.thread_ts);
    const done = !message.streaming && (!before || before.streaming);
    if (done && others) {
      const said = spoken(bodyOf(message, { store: this.store, act: () => {} }));
      this.host.announce(`${this.store.author(message)}: ${said.slice(0, 400) || "a file"}`);
    }
  }

  /** Opens the thread in which a message just written here is being answered, unless another is being written in. */
  follow(channel, ts) {
    if (channel !== this.selected || !this.written.has(ts)) return;
    if (this.openTs === ts || this.left === ts || (this.openTs && !this.threadPane.composer.empty)) return;
    this.openThread(ts);
  }

  async send(channel, thread, text, files) {
    const command = /^(\/[a-z][\w-]*)(?:\s+([^]*))?$/i.exec(text);
    if (command && !files.length) {
      if (thread) {
        this.host.toast("Slack runs no slash commands in threads; write it in the channel.");
        return false;
      }
      return (await this.host.act({ type: "command", channel, command: command[1], text: command[2] ?? "" })).ok;
    }
    const action = { type: "post", channel, text: typedToText(text, this.store), files };
    if (thread) action.thread_ts = thread;
    const { ok } = await this.host.act(action);
    if (ok && !thread) this.hint(channel, action.text);
    return ok;
  }

  /** Says once why nobody answers: in a channel, a bot hears what mentions it. */
  hint(id, text) {
    const { store } = this;
    const channel = store.channels.get(id);
    if (this.hinted || channel?.kind === "im" || text.includes(`<@${store.bot.user_id}>`)) return;
    this.hinted = true;
    this.host.toast(`In #${channel?.name} the bot answers when it is mentioned: begin with @${store.bot.name}, or reply in its thread.`);
  }

  selectChannel(id, { focus = false } = {}) {
    if (id !== this.selected) {
      this.selected = id;
      this.openTs = null;
    }
    this.store.unread.delete(id);
    if (this.store.channels.get(id)?.kind === "im") this.host.act({ type: "open_dm", channel: id });
    this.draw();
    if (focus) this.channelPane.composer.focus();
  }

  openThread(ts, { focus = false } = {}) {
    this.openTs = ts;
    this.left = null;
    this.draw();
    if (focus) this.threadPane.composer.focus();
  }

  closeThread() {
    const ts = (this.left = this.openTs);
    this.openTs = null;
    this.draw();
    const link = find(this.channelPane.feed.list, `[data-ts="${CSS.escape(ts ?? "")}"] .thread-link`);
    (link ?? this.channelPane.composer).focus();
  }

  draw() {
    this.drawSidebar();
    if (!this.selected) return;
    this.savePlace();
    this.channelPane.show(this.selected);
    this.channelPane.render();
    this.threadPane.node.hidden = !this.openTs;
    if (this.openTs) {
      this.threadPane.show(this.selected, this.openTs);
      this.threadPane.render();
    }
  }

  drawSidebar() {
    const { store } = this;
    const channels = [...store.channels.values()];
    const key = JSON.stringify([store.team, this.selected, channels, [...store.unread], [...store.status.keys()]]);
    if (key === this.sidebarKey) return;
    this.sidebarKey = key;
    const focused = focusedIn(this.sidebar)?.dataset.channel;
    const me = { user: store.me };
    fill(this.sidebar,
      h("div", { class: "workspace" }, h("span", { class: "workspace-mark", "aria-hidden": "true" }, [...(store.team?.name ?? "W")][0]), h("span", { class: "workspace-name" }, store.team?.name)),
      this.group("Channels", channels.filter((channel) => channel.kind !== "im")),
      this.group("Direct messages", channels.filter((channel) => channel.kind === "im")),
      h("p", { class: "signed-in" }, "You are ", h("strong", {}, store.nameOf(me.user))));
    if (focused) find(this.sidebar, `[data-channel="${CSS.escape(focused)}"]`)?.focus();
    const unread = [...store.unread.values()].reduce((sum, count) => sum + count, 0);
    document.title = unread ? `(${unread}) Gateway playground` : "Gateway playground";
  }

  group(title, channels) {
    const { store } = this;
    if (!channels.length) return null;
    const busy = (channel) => [...store.status.values()].some((status) => status.channel === channel.id);
    return h("section", { class: "channels", "aria-label": title }, h("h2", {}, title), h("ul", {}, channels.map((channel) => {
      const unread = store.unread.get(channel.id) ?? 0;
      const name = store.title(channel);
      return h("li", {}, h("button", {
        type: "button", class: unread ? "channel unread" : "channel", dataset: { channel: channel.id }, "aria-current": channel.id === this.selected ? "true" : null,
        on: { click: () => this.selectChannel(channel.id, { focus: true }) },
      }, channel.kind === "im" ? h("span", { class: "presence", "aria-hidden": "true" }) : icon("hash"), h("span", { class: "channel-name" }, name),
      busy(channel) && channel.id !== this.selected && dots("working"),
      unread > 0 && h("span", { class: "unread-count", "aria-label": `${unread} unread` }, String(unread))));
    })));
  }

  destroy() {
    this.frame.cancel();
    this.modals.destroy();
  }
}
