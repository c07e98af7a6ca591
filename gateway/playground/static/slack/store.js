// The workspace as the page knows it: a snapshot, and every change since. Draws nothing.

export class Store {
  constructor() {
    this.users = new Map();
    this.channels = new Map();
    this.messages = new Map();
    this.views = [];
    this.status = new Map();
    this.prompts = new Map();
    this.unread = new Map();
  }

  load(data) {
    this.team = data.team ?? { id: "", name: "Workspace" };
    this.me = data.me;
    this.bot = data.bot ?? { user_id: "", name: "bot" };
    this.users = new Map((data.users ?? []).map((user) => [user.id, user]));
    this.channels = new Map((data.channels ?? []).map((channel) => [channel.id, channel]));
    this.messages = new Map();
    for (const [channel, list] of Object.entries(data.messages ?? {})) {
      this.messages.set(channel, new Map(list.filter((message) => !message.deleted).map((message) => [message.ts, message])));
    }
    this.views = [...(data.views ?? [])];
    this.status = new Map();
    for (const status of data.status ?? []) this.setStatus(status);
    this.prompts = new Map();
    for (const prompts of data.prompts ?? []) this.prompts.set(place(prompts.channel, prompts.thread_ts), prompts);
  }

  /** How many messages there are. */
  get size() {
    return [...this.messages.values()].reduce((sum, list) => sum + list.size, 0);
  }

  /** Takes over a change; returns what it was before, for a message. */
  apply(change) {
    switch (change.entity) {
      case "message":
        return this.setMessage(change.channel, change.message);
      case "view":
        this.setView(change);
        return null;
      case "status":
        this.setStatus(change);
        return null;
      case "prompts":
        this.prompts.set(place(change.channel, change.thread_ts), change);
        return null;
      case "channel":
        this.channels.set(change.channel.id, change.channel);
        return null;
      case "user":
        this.users.set(change.user.id, change.user);
        return null;
      default:
        return null;
    }
  }

  setMessage(channel, message) {
    if (!this.messages.has(channel)) this.messages.set(channel, new Map());
    const list = this.messages.get(channel);
    const before = list.get(message.ts) ?? null;
    if (message.deleted) list.delete(message.ts);
    else list.set(message.ts, message);
    return before;
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

  statusOf(channel, thread) {
    return this.status.get(place(channel, thread)) ?? null;
  }

  promptsOf(channel, thread) {
    const found = this.prompts.get(place(channel, thread));
    return found?.prompts?.length ? found : null;
  }

  /** What stands in a channel itself, oldest first. */
  topLevel(channel) {
    return this.sorted(channel, (message) => !isReply(message) || message.subtype === "thread_broadcast");
  }

  /** A thread: its root (if it is still there) and the replies, oldest first. */
  thread(channel, ts) {
    return this.sorted(channel, (message) => message.ts === ts || message.thread_ts === ts);
  }

  replies(channel, ts) {
    return this.sorted(channel, (message) => message.thread_ts === ts && message.ts !== ts && !message.ephemeral_for);
  }

  sorted(channel, wanted) {
    const list = [...(this.messages.get(channel)?.values() ?? [])].filter((message) => wanted(message) && this.visible(message));
    return list.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  }

  visible(message) {
    return !message.ephemeral_for || message.ephemeral_for === this.me;
  }

  message(channel, ts) {
    return this.messages.get(channel)?.get(ts) ?? null;
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
