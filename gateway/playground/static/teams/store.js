// The tenant as the page knows it: a snapshot, and every change since. Draws nothing.

import { BaseStore, indexed } from "../lib/store.js";

export class Store extends BaseStore {
  tenant = { id: "", name: "Organisation" };
  teams = new Map();
  conversations = new Map();
  dialogs = new Map();
  typing = new Set();
  changes = {
    conversation: ({ conversation }) => this.setConversation(conversation),
    typing: ({ conversation, typing }) => (typing ? this.typing.add(conversation) : this.typing.delete(conversation)),
    dialog: ({ dialog_id: id, dialog }) => (dialog ? this.dialogs.set(id, dialog) : this.dialogs.delete(id)),
  };

  constructor() {
    super({ place: "conversation" });
  }

  load(data) {
    super.load(data);
    this.tenant = data.tenant ?? { id: "", name: "Organisation" };
    this.teams = indexed(data.teams);
    this.conversations = indexed(data.conversations);
    this.dialogs = indexed(data.dialogs);
    this.typing = new Set(data.typing ?? []);
  }

  /** A deleted message leaves a note where it stood. */
  gone() {
    return false;
  }

  setConversation(conversation) {
    const mine = conversation.kind !== "personal" || conversation.user === this.me;
    const gone = conversation.removed || !(conversation.members ?? []).includes(this.me);
    if (gone) this.conversations.delete(conversation.id);
    else if (mine) this.conversations.set(conversation.id, conversation);
  }

  /** A channel's posts with their replies: lists that begin with the post, if it is still there. */
  posts(conversation) {
    return [...Map.groupBy(this.messagesOf(conversation), (message) => message.thread ?? message.id)];
  }

  /** The message being streamed in a conversation, null if none is. */
  streaming(conversation) {
    return this.messagesOf(conversation).findLast((message) => message.streaming && !message.deleted) ?? null;
  }

  /** The message whose suggestions are shown: the last, if it has any. */
  suggesting(conversation) {
    const last = this.messagesOf(conversation).at(-1);
    return last && !last.deleted && last.suggested?.length ? last : null;
  }

  isMine(message) {
    return message.from === this.me;
  }

  nameOf(id) {
    return id === this.bot.id ? this.bot.name : (this.users.get(id)?.name ?? id);
  }

  chats() {
    const order = { personal: 0, groupChat: 1 };
    return [...this.conversations.values()].filter(({ kind }) => kind in order).sort((a, b) => order[a.kind] - order[b.kind]);
  }

  channels(team) {
    return [...this.conversations.values()].filter((conversation) => conversation.kind === "channel" && conversation.team === team);
  }

  title(conversation) {
    return conversation.name || (conversation.kind === "personal" ? this.bot.name : "Group chat");
  }

  /** Who can be mentioned in a conversation; nobody where it is just one and the bot. */
  mentionable(conversation) {
    if (!conversation || conversation.kind === "personal") return [];
    const people = conversation.members.filter((id) => id !== this.me).map((id) => ({ name: this.nameOf(id), about: "", bot: false }));
    return conversation.installed ? [{ name: this.bot.name, about: "", bot: true }, ...people] : people;
  }
}
