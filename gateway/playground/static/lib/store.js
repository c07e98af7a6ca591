// What a page knows of its platform: a snapshot, and every change since. Draws nothing.

const NO_BOT = { id: "", user_id: "", name: "bot" };

/** A list as a map, by what each thing in it is known by. */
export const indexed = (list, key = "id") => new Map((list ?? []).map((each) => [each[key], each]));

/** Compares two ids of one platform; they are numbers written out, and the older is the smaller. */
export const inOrder = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** What the stores of all platforms share: the messages, who is looking, and the bot. */
export class BaseStore {
  me = "";
  bot = NO_BOT;
  users = new Map();
  messages = new Map();
  unread = new Map();

  /**
   * What takes over a change of anything but a message, by the change's `entity`; other changes are passed over.
   * @type {Record<string, (change: any) => void>}
   */
  changes = {};

  /** `place`: what a change calls the place its message stands in; `key`: what a message calls its id. */
  constructor({ place = "channel", key = "id" } = {}) {
    this.place = place;
    this.key = key;
  }

  load(data) {
    this.me = data.me ?? "";
    this.bot = data.bot ?? NO_BOT;
    this.users = indexed(data.users);
    this.messages = new Map();
    for (const [place, list] of Object.entries(data.messages ?? {})) {
      this.messages.set(place, indexed(list.filter((message) => !this.gone(message)), this.key));
    }
  }

  /** How many messages there are. */
  get size() {
    return [...this.messages.values()].reduce((sum, list) => sum + list.size, 0);
  }

  /** Takes over a change; returns what it was before, for a message. */
  apply(change) {
    if (change.entity === "message") return this.setMessage(change[this.place], change.message);
    this.changes[change.entity]?.(change);
    return null;
  }

  setMessage(place, message) {
    if (!this.messages.has(place)) this.messages.set(place, new Map());
    const list = this.messages.get(place);
    const id = message[this.key];
    const before = list.get(id) ?? null;
    if (this.gone(message)) list.delete(id);
    else list.set(id, message);
    return before;
  }

  /** Whether nothing is left to be seen of a message. */
  gone(message) {
    return Boolean(message.deleted);
  }

  /** Whether the person sees a message: some are for one other person's eyes. */
  visible(message) {
    const reader = message.ephemeral_for || message.targeted_for;
    return !reader || reader === this.me;
  }

  message(place, id) {
    return this.messages.get(place)?.get(id) ?? null;
  }

  /**
   * What stands in a place for the person, oldest first: all of it, or what is `wanted`.
   * @param {string} place
   * @param {(message: any) => boolean} [wanted]
   */
  messagesOf(place, wanted = () => true) {
    const list = [...(this.messages.get(place)?.values() ?? [])].filter((message) => wanted(message) && this.visible(message));
    return list.sort((a, b) => inOrder(a[this.key], b[this.key]));
  }
}
