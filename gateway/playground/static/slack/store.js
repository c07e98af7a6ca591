// The workspace as the page knows it: a snapshot, and every change since. Draws nothing.

import { BaseStore, indexed } from "../lib/store.js";

export class Store extends BaseStore {
  team = { id: "", name: "Workspace" };
  channels = new Map();
  /** @type {any[]} */
  views = [];
  status = new Map();
  prompts = new Map();
  changes = {
    view: (change) => this.setView(change),
    status: (change) => this.setStatus(change),
    prompts: (change) => this.setPrompts(change),
    channel: ({ channel }) => this.channels.set(channel.id, channel),
    user: ({ user }) => this.users.set(user.id, user),
  };

  constructor() {
    super({ key: "ts" });
  }

  load(data) {
    super.load(data);
    this.team = data.team ?? { id: "", name: "Workspace" };
    this.channels = indexed(data.channels);
    this.views = [...(data.views ?? [])];
    this.status = new Map();
    for (const status of data.status ?? []) this.setStatus(status);
    this.prompts = new Map();
    for (const prompts of data.prompts ?? []) this.setPrompts(prompts);
  }

  setView({ view_id: id, view, errors }) {
    const at = this.views.findIndex((shown) => shown.id === id);
    if (!view && !errors) {
      if (at >= 0) this.views.splice(at, 1);
    } else if (at >= 0) {
      this.views[at] = { id, view: view ?? this.views[at].view, errors: errors ?? null };
    } else if (view) {
      this.views.push({ id, view, errors: errors ?? null });
    }
  }

  setStatus(status) {
    const key = place(status.channel, status.thread_ts);
    if (status.text || status.processing) this.status.set(key, status);
    else this.status.delete(key);
  }

  setPrompts(prompts) {
    this.prompts.set(place(prompts.channel, prompts.thread_ts), prompts);
  }

  statusOf(channel, thread) {
    return this.status.get(place(channel, thread)) ?? null;
  }

  promptsOf(channel, thread) {
    const found = this.prompts.get(place(channel, thread));
    return found?.prompts?.length ? found : null;
  }

  /** What stands in a channel itself, oldest first. */
  topLevel(channel) {
    return this.messagesOf(channel, (message) => !isReply(message) || message.subtype === "thread_broadcast");
  }

  /** A thread: its root (if it is still there) and the replies, oldest first. */
  thread(channel, ts) {
    return this.messagesOf(channel, (message) => message.ts === ts || message.thread_ts === ts);
  }

  replies(channel, ts) {
    return this.messagesOf(channel, (message) => message.thread_ts === ts && message.ts !== ts && !message.ephemeral_for);
  }

  isMine(message) {
    return message.user === this.me && !message.bot_id;
  }

  isBot(message) {
    return Boolean(message.bot_id) || this.users.get(message.user)?.is_bot === true;
  }

  /** The name shown over a message. */
  author(message) {
    if (message.username) return message.username;
    if (message.user) return this.nameOf(message.user);
    return this.bot.name;
  }

  nameOf(id) {
    const user = this.users.get(id);
    if (id === this.bot.user_id) return this.bot.name;
    return user ? user.real_name || user.name : id;
  }

  /** What a channel is called in the sidebar. */
  title(channel) {
    if (channel.kind !== "im") return channel.name;
    return channel.name || this.bot.name;
  }
}

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

const place = (channel, thread) => `${channel} ${thread || ""}`;
