// The tenant as the page knows it: a snapshot, and every change since. Draws nothing.

export class Store {
  constructor() {
    this.users = new Map();
    this.teams = new Map();
    this.conversations = new Map();
    this.messages = new Map();
    this.dialogs = new Map();
    this.typing = new Set();
    this.unread = new Map();
  }

  load(data) {
    this.tenant = data.tenant ?? { id: "", name: "Organisation" };
    this.me = data.me;
    this.bot = data.bot ?? { id: "", name: "bot" };
    this.users = byId(data.users);
    this.teams = byId(data.teams);
    this.conversations = byId(data.conversations);
    this.messages = new Map(Object.entries(data.messages ?? {}).map(([conversation, list]) => [conversation, byId(list)]));
    this.dialogs = byId(data.dialogs);
    this.typing = new Set(data.typing ?? []);
  }

  /** How many messages there are. */
  get size() {
    return [...this.messages.values()].reduce((sum, list) => sum + list.size, 0);
  }

  /** Takes over a change; returns what it was before, for a message. */
  apply(change) {
    switch (change.entity) {
      case "message":
        return this.setMessage(change.conversation, change.message);
      case "conversation":
        this.setConversation(change.conversation);
        return null;
      case "typing":
        if (change.typing) this.typing.add(change.conversation);
        else this.typing.delete(change.conversation);
        return null;
      case "dialog":
        if (change.dialog) this.dialogs.set(change.dialog_id, change.dialog);
        else this.dialogs.delete(change.dialog_id);
        return null;
      default:
        return null;
    }
  }

  setMessage(conversation, message) {
    if (!this.messages.has(conversation)) this.messages.set(conversation, new Map());
    const list = this.messages.get(conversation);
    const before = list.get(message.id) ?? null;
    list.set(message.id, message);
    return before;
  }

  setConversation(conversation) {
    const mine = conversation.kind !== "personal" || conversation.user === this.me;
    const gone = conversation.removed || !(conversation.members ?? []).includes(this.me);
    if (gone) this.conversations.delete(conversation.id);
    else if (mine) this.conversations.set(conversation.id, conversation);
  }

  /** What stands in a conversation, oldest first. */
  list(conversation) {
    const visible = [...(this.messages.get(conversation)?.values() ?? [])].filter((message) => !message.targeted_for || message.targeted_for === this.me);
    return visible.sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** A channel's posts with their replies: lists that begin with the post, if it is still there. */
  posts(conversation) {
    return [...Map.groupBy(this.list(conversation), (message) => message.thread ?? message.id)];
  }

  message(conversation, id) {
    return this.messages.get(conversation)?.get(id) ?? null;
  }

  /** The message being streamed in a conversation, null if none is. */
  streaming(conversation) {
    return this.list(conversation).findLast((message) => message.streaming && !message.deleted) ?? null;
  }

  /** The message whose suggestions are shown: the last, if it has any. */
  suggesting(conversation) {
    const last = this.list(conversation).at(-1);
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

const byId = (list) => new Map((list ?? []).map((each) => [each.id, each]));
