// Where one is: the rail of servers, the channels of the one shown (or the direct messages), and who one is.

import { fill, find, focusedIn, h, icon } from "../lib/dom.js";
import { menu } from "../lib/popup.js";
import { avatar } from "./people.js";

const ICONS = { text: "hash", forum: "forum", thread: "thread" };

export class Sidebar {
  /** `app`: {store, act, select(id, how), openDm(), openServer()}. */
  constructor(app) {
    this.app = app;
    this.rail = h("nav", { class: "rail", "aria-label": "Servers" });
    this.server = h("div", { class: "server-head" });
    this.list = h("nav", { class: "channels", "aria-label": "Channels" });
    this.me = h("div", { class: "myself" });
    this.column = h("div", { class: "sidebar" }, this.server, this.list, this.me);
    this.nodes = [this.rail, this.column];
  }

  /** `selected`: the channel shown; `beside`: the thread beside it. */
  render(selected, beside) {
    const { store } = this.app;
    const dm = store.channels.get(selected)?.kind === "dm";
    const key = JSON.stringify([store.guild, store.me, store.users.size, selected, beside, [...store.channels.values()], [...store.unread]]);
    if (key === this.drawn) return;
    this.drawn = key;
    const focused = focusedIn(this.list)?.dataset.channel;
    this.drawRail(dm);
    this.drawHead(dm);
    fill(this.list, dm ? this.directs(selected) : this.channels(selected, beside));
    fill(this.me, avatar(store.me, store, "small"), h("p", {}, h("strong", {}, store.nameOf(store.me)), h("span", {}, "Online")));
    if (focused) find(this.list, `[data-channel="${CSS.escape(focused)}"]`)?.focus();
    const unread = [...store.unread.values()].reduce((sum, { count }) => sum + count, 0);
    document.title = unread ? `(${unread}) Gateway playground` : "Gateway playground";
  }

  drawRail(dm) {
    const { store } = this.app;
    const initials = store.guild.name.split(/\s+/).map((word) => [...word][0] ?? "").join("").slice(0, 4);
    const directs = store.channelsOf("dm").reduce((sum, channel) => sum + (store.unread.get(channel.id)?.count ?? 0), 0);
    const home = h("button", { type: "button", class: "server home", "aria-current": dm ? "true" : null, "aria-label": "Direct Messages", title: "Direct Messages", on: { click: () => this.app.openDm() } }, icon("chat"), badge(directs));
    const guild = h("button", { type: "button", class: "server", "aria-current": dm ? null : "true", "aria-label": store.guild.name, title: store.guild.name, on: { click: () => this.app.openServer() } }, initials);
    fill(this.rail, home, h("hr"), guild);
  }

  drawHead(dm) {
    const { store } = this.app;
    if (dm) return fill(this.server, h("h2", {}, "Direct Messages"));
    const open = () => menu(button, [this.presence()], { label: store.guild.name });
    const button = h("button", { type: "button", class: "server-menu", "aria-haspopup": "menu", "aria-expanded": "false", on: { click: open } }, h("h2", {}, store.guild.name), icon("chevron"));
    fill(this.server, button);
  }

  /** Kicking and inviting the bot, which a bot ought to survive. */
  presence() {
    const { store } = this.app;
    const present = store.guild.bot_present !== false;
    return { label: present ? `Kick ${store.bot.name}` : `Add ${store.bot.name} to the server`, danger: present, choose: () => this.app.setPresence(!present) };
  }

  channels(selected, beside) {
    const { store } = this.app;
    return [["Text Channels", "text"], ["Forums", "forum"]].map(([title, kind]) => {
      const found = store.channelsOf(kind);
      return found.length > 0 && h("section", { "aria-label": title }, h("h3", {}, title), h("ul", {}, found.map((channel) => this.entry(channel, selected, beside))));
    });
  }

  directs(selected) {
    const { store } = this.app;
    return h("ul", {}, store.channelsOf("dm").map((channel) => h("li", {}, this.button(channel, channel.id === selected, [avatar(store.bot.user_id, store, "small"), h("span", { class: "channel-name" }, channel.name), h("span", { class: "badge" }, "APP")]))));
  }

  /** A channel with its open threads beneath it. */
  entry(channel, selected, beside) {
    const { store } = this.app;
    const threads = store.threadsOf(channel.id).filter((thread) => !thread.archived);
    return h("li", {}, this.button(channel, channel.id === selected, [icon(ICONS[channel.kind]), h("span", { class: "channel-name" }, channel.name)]),
      threads.length > 0 && h("ul", { class: "threads", "aria-label": `Threads of ${channel.name}` }, threads.map((thread) => h("li", {}, this.button(thread, thread.id === selected || thread.id === beside, [h("span", { class: "channel-name" }, thread.name)])))));
  }

  button(channel, current, inside) {
    const unread = this.app.store.unread.get(channel.id);
    return h("button", {
      type: "button", class: unread ? "channel unread" : "channel", dataset: { channel: channel.id }, "aria-current": current ? "true" : null,
      on: { click: () => this.app.select(channel.id, { focus: true }) },
    }, inside, unread && badge(channel.kind === "dm" ? unread.count : unread.pings), unread && h("span", { class: "visually-hidden" }, "unread"));
  }
}

function badge(count) {
  return count > 0 && h("span", { class: "unread-count", "aria-label": `${count} new` }, String(count));
}
