// Keeps the nodes of attachments while their messages are drawn again, so that what is typed into a card stays in it.

export class Kept {
  constructor() {
    this.nodes = new Map();
  }

  /** The node of an attachment: the one drawn before, unless it says something else now. */
  keep(message, attachment, draw) {
    const key = `${message.conversation} ${message.id} ${attachment.index}`;
    const content = JSON.stringify(attachment);
    const old = this.nodes.get(key);
    if (old?.content === content) return old.node;
    const node = draw();
    this.nodes.set(key, { content, node });
    return node;
  }

  /** Lets go of what belongs to no message any more. */
  prune(exists) {
    for (const key of this.nodes.keys()) {
      const [conversation, message] = key.split(" ");
      if (!exists(conversation, message)) this.nodes.delete(key);
    }
  }
}
