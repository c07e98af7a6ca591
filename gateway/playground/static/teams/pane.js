// A conversation with its composer: a chat's bubbles, or a channel's posts with their replies.

import { Composer } from "../lib/composer.js";
import { fill, find, h, icon } from "../lib/dom.js";
import { arrange } from "../lib/feed.js";
import { dropping } from "../lib/files.js";
import { BasePane, dayDivider } from "../lib/pane.js";
import { near } from "../lib/time.js";
import { Foot } from "./foot.js";
import { words } from "./intro.js";
import { messageNode, timeOf } from "./message.js";
import { People } from "./people.js";

/** Minutes within which messages of one author stand under one head. */
const TOGETHER = 5;

export class Pane extends BasePane {
  /** `app`: what teams.js offers. */
  constructor(app) {
    super(app);
    this.replying = null;
    this.people = new People(app);
    this.banner = h("div", { class: "banner", hidden: true });
    this.foot = new Foot(app, { compose: (text) => this.composer.insert(text), send: () => { this.feed.stuck = true; } });
    this.composer = this.newComposer(() => null);
    this.replies = this.newComposer(() => this.replying);
    this.replies.node.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) this.reply(null); });
    this.node = h("section", { class: "pane", on: dropping((files) => (this.replying ? this.replies : this.composer).addFiles(files)) },
      h("div", { class: "pane-head" }, this.title, this.people.node), this.banner,
      this.feed.node, h("div", { class: "pane-foot" }, this.foot.node, this.composer.node));
  }

  newComposer(thread) {
    const { app } = this;
    return new Composer({
      people: () => app.store.mentionable(this.conversation), toast: app.toast, inline: true, editLast: () => this.editLast(thread()),
      send: (text, files, images) => {
        this.feed.stuck = thread() === null;
        return app.say(this.id, thread(), text, files, images);
      },
    });
  }

  get conversation() {
    return this.app.store.conversations.get(this.id);
  }

  show(id) {
    if (this.id === id) return;
    this.id = id;
    this.replying = null;
    this.begin();
  }

  render() {
    const { store } = this.app;
    const { conversation } = this;
    if (!conversation) return;
    this.head(conversation);
    const messages = store.messagesOf(this.id);
    const empty = messages.length === 0;
    this.introduce(empty, `${conversation.id} ${empty}`, () => empty && words(conversation, this));
    this.node.classList.toggle("channel-pane", conversation.kind === "channel");
    this.feed.render((keep) => (conversation.kind === "channel" ? this.posts(keep) : this.bubbles(messages, keep)));
    this.foot.render(conversation);
    if (this.feed.stuck) this.feed.toEnd();
  }

  head(conversation) {
    const { store } = this.app;
    const { kind, installed } = conversation;
    const name = store.title(conversation);
    const team = store.teams.get(conversation.team)?.name;
    this.node.setAttribute("aria-label", kind === "channel" ? `Channel ${name}` : `Chat ${name}`);
    this.composer.goTo(this.id, kind === "channel" ? "Start a post" : "Type a message");
    const key = JSON.stringify([this.id, name, team, installed, conversation.members]);
    if (key === this.headKey) return;
    this.headKey = key;
    fill(this.title, h("span", { class: `place ${kind}`, "aria-hidden": "true" }, kind === "personal" ? icon("spark") : kind === "groupChat" ? icon("people") : [...(team ?? name)][0]), name,
      team && h("span", { class: "pane-where" }, team));
    this.people.render(conversation);
    this.banner.hidden = installed;
    fill(this.banner, installed ? null : [icon("alert"), h("span", {}, `${store.bot.name} is not installed here and hears nothing.`),
      h("button", { type: "button", class: "button small primary", on: { click: () => this.app.act({ type: "install", conversation: this.id }) } }, `Add ${store.bot.name}`)]);
  }

  bubbles(messages, keep) {
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      nodes.push(...dayDivider(keep, timeOf(message), previous && timeOf(previous)));
      nodes.push(this.draw(message, keep, { compact: together(previous, message), post: false }));
      previous = message;
    }
    return nodes;
  }

  posts(keep) {
    return this.app.store.posts(this.id).map(([id, messages]) => {
      const post = keep(`post ${id}`, [], () => h("li", { class: "post" }, h("ol", { class: "thread", "aria-label": "Post and its replies" })));
      const nodes = messages.map((message) => this.draw(message, keep, { compact: false, post: true }));
      arrange(post.firstElementChild, [...nodes, keep(`reply ${id}`, [this.replying === id], () => this.replyRow(id))]);
      return post;
    });
  }

  draw(message, keep, how) {
    const editing = this.editing === message.id;
    return keep(message.id, editing ? ["editing"] : [message, how.compact], () => messageNode(message, this.app, { ...how, editing }));
  }

  replyRow(id) {
    if (this.replying === id) return h("li", { class: "reply-row" }, this.replies.node);
    return h("li", { class: "reply-row" }, h("button", { type: "button", class: "reply", dataset: { thread: id }, on: { click: () => this.reply(id) } }, icon("reply"), "Reply"));
  }

  /** Opens the composer below a post, or closes it. */
  reply(id) {
    const before = this.replying;
    this.replying = id;
    if (id) this.replies.goTo(`${this.id} ${id}`, "Reply");
    this.render();
    if (id) this.replies.focus();
    else find(this.feed.list, `.reply[data-thread="${CSS.escape(before ?? "")}"]`)?.focus();
  }

  focus() {
    (this.replying ? this.replies : this.composer).focus();
  }

  /** Arrow up in an empty composer: edit what one wrote last. */
  editLast(thread) {
    return this.editLatest(this.app.store.messagesOf(this.id).filter((message) => !message.deleted && (thread === null || message.thread === thread)));
  }
}

function together(previous, message) {
  if (!previous || previous.from !== message.from || previous.deleted || message.deleted) return false;
  return near(timeOf(previous), timeOf(message), TOGETHER);
}
