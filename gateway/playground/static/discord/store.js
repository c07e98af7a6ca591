// The server as the page knows it: a snapshot, and every change since. Draws nothing.

import { BaseStore, indexed, inOrder } from "../lib/store.js";

const NOTES = new Set([4, 18, 21]);
const NO_GUILD = { id: "", name: "Server", bot_present: true };

/** An id for what only this page knows, as if made now. */
export function localId() {
  return String((BigInt(Date.now()) - 1_420_070_400_000n) << 22n);
}

/** Whether it is one of Discord's own notes, not something somebody wrote. */
export const isNote = (message) => NOTES.has(message.type);

export class Store extends BaseStore {
  guild = NO_GUILD;
  channels = new Map();
  failures = new Map();
  typing = new Map();
  /** @type {any[]} */
  modals = [];
  /** @type {any[]} */
  commands = [];
  changes = {
    channel: ({ channel }) => this.setChannel(channel),
    guild: ({ guild }) => { this.guild = guild; },
    modal: (change) => this.setModal(change.modal_id, change.modal),
    typing: (change) => this.setTyping(change),
    commands: ({ commands }) => { this.commands = commands; },
  };

  load(data) {
    super.load(data);
    this.guild = data.guild ?? NO_GUILD;
    this.channels = indexed(data.channels);
    this.modals = [...(data.modals ?? [])];
    this.commands = data.commands ?? [];
    this.typing = new Map();
    for (const typing of data.typing ?? []) this.setTyping(typing);
    this.failures = new Map();
  }

  setMessage(channel, message) {
    const before = super.setMessage(channel, message);
    // Who has said it is no longer typing it.
    if (!before) this.typing.delete(`${channel} ${message.author}`);
    return before;
  }

  setChannel(channel) {
    if (channel.deleted) this.forgetChannel(channel.id);
    else this.channels.set(channel.id, channel);
  }

  forgetChannel(id) {
    for (const thread of this.threadsOf(id)) this.forgetChannel(thread.id);
    this.channels.delete(id);
    this.messages.delete(id);
    this.unread.delete(id);
  }

  setModal(id, modal) {
    const at = this.modals.findIndex((shown) => shown.id === id);
    if (!modal) this.modals = this.modals.filter((shown) => shown.id !== id);
    else if (at >= 0) this.modals[at] = { ...modal, id };
    else this.modals.push({ ...modal, id });
  }

  setTyping({ channel, user, seconds }) {
    this.typing.set(`${channel} ${user}`, { channel, user, until: Date.now() + seconds * 1000 });
  }

  /** Who else is typing in a channel. */
  typers(channel) {
    const now = Date.now();
    return [...this.typing.values()].filter((each) => each.channel === channel && each.user !== this.me && each.until > now).map((each) => each.user);
  }

  /** Milliseconds until the next of those who type is no longer shown, null if nobody is. */
  nextSilence() {
    const now = Date.now();
    const left = [...this.typing.values()].map((each) => each.until - now).filter((each) => each > 0);
    return left.length ? Math.min(...left) : null;
  }

  // -- channels

  /** The channels of a kind that stand in the sidebar themselves, in the server's order. */
  channelsOf(...kinds) {
    return [...this.channels.values()].filter((channel) => kinds.includes(channel.kind) && (channel.kind !== "dm" || channel.user === this.me));
  }

  /** The threads of a channel, newest first. */
  threadsOf(id) {
    return [...this.channels.values()].filter((channel) => channel.kind === "thread" && channel.parent_id === id).sort((a, b) => inOrder(b.id, a.id));
  }

  parentOf(channel) {
    return this.channels.get(channel?.parent_id) ?? null;
  }

  channelName(id) {
    const channel = this.channels.get(id);
    return channel ? `#${channel.name}` : null;
  }

  // -- messages

  /** What people and the bot wrote in a thread besides what it was opened with. */
  repliesIn(thread) {
    return this.messagesOf(thread, (message) => !isNote(message) && !message.ephemeral_for && message.id !== thread);
  }

  /** The message a thread was opened from, which stands in the parent channel. */
  starterOf(thread) {
    return this.message(thread.parent_id, thread.id) ?? this.message(thread.id, thread.id);
  }

  isMine(message) {
    return message.author === this.me;
  }

  /** Whether a message notifies the person. */
  pingsMe(message) {
    return !this.isMine(message) && Boolean(message.pings?.everyone || message.pings?.users?.includes(this.me));
  }

  // -- people

  isBot(id) {
    return id === this.bot.user_id || this.users.get(id)?.bot === true;
  }

  nameOf(id) {
    const user = this.users.get(id);
    return user ? user.display_name || user.name : id === this.bot.user_id ? this.bot.name : "Deleted User";
  }

  mentionName(id) {
    return this.users.has(id) || id === this.bot.user_id ? `@${this.nameOf(id)}` : null;
  }
}
