// A forum: its posts, the one that was last written in first, and the way to a new one.

import { fill, find, focusedIn, h, icon } from "../lib/dom.js";
import { introduction } from "../lib/pane.js";
import { inOrder } from "../lib/store.js";
import { clock } from "../lib/time.js";
import { excerpt, timeOf } from "./message.js";
import { avatar } from "./people.js";

export class Forum {
  /** `app`: what discord.js offers. */
  constructor(app) {
    this.app = app;
    this.title = h("h2", { class: "pane-title" });
    this.topic = h("p", { class: "topic" });
    this.list = h("ul", { class: "posts", "aria-label": "Posts" });
    this.empty = h("div", { class: "intro" }, introduction("forum", "There are no posts here yet", "Open one: a bot that answers in forums hears of it."));
    this.newPost = h("button", { type: "button", class: "button primary", on: { click: () => app.createPost(app.store.channels.get(this.channel)) } }, icon("plus"), "New Post");
    this.node = h("section", { class: "pane forum" },
      h("div", { class: "pane-head" }, this.title, this.topic, this.newPost),
      h("div", { class: "forum-scroll" }, this.empty, this.list));
  }

  show(channel) {
    this.channel = channel;
  }

  focus() {
    this.newPost.focus();
  }

  render() {
    const { store } = this.app;
    const forum = store.channels.get(this.channel);
    const posts = store.threadsOf(this.channel).map((thread) => ({ thread, messages: store.messagesOf(thread.id) }));
    const latest = ({ thread, messages }) => (messages.at(-1) ?? thread).id;
    posts.sort((a, b) => inOrder(latest(b), latest(a)));
    const inputs = [forum, ...posts.flatMap(({ thread, messages }) => [thread, messages.length, messages[0], messages.at(-1), store.unread.get(thread.id)])];
    if (this.drawn?.length === inputs.length && inputs.every((input, index) => input === this.drawn[index])) return;
    this.drawn = inputs;
    fill(this.title, icon("forum"), forum.name);
    fill(this.topic, forum.topic);
    this.node.setAttribute("aria-label", `Forum ${forum.name}`);
    this.empty.hidden = posts.length > 0;
    const focused = focusedIn(this.list)?.dataset.thread;
    fill(this.list, posts.map((post) => h("li", {}, this.card(post))));
    if (focused) find(this.list, `[data-thread="${CSS.escape(focused)}"]`)?.focus();
  }

  card({ thread, messages }) {
    const { app } = this;
    const [first] = messages;
    const last = messages.at(-1);
    const replies = app.store.repliesIn(thread.id).length;
    return h("button", { type: "button", class: app.store.unread.has(thread.id) ? "post unread" : "post", dataset: { thread: thread.id }, on: { click: () => app.openThread(thread.id, { focus: true }) } },
      h("span", { class: "post-title" }, thread.name),
      first && h("span", { class: "post-words" }, avatar(first.author, app.store, "tiny"), h("strong", {}, `${app.store.nameOf(first.author)}:`), " ", excerpt(first, app.store)),
      h("span", { class: "post-foot" }, icon("chat"), `${replies} ${replies === 1 ? "reply" : "replies"}`, last && ` • ${clock(timeOf(last))}`, thread.archived && " • archived"));
  }
}
