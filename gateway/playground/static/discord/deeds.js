// What the person does: writes, runs commands, presses, opens and deletes threads, kicks the bot.

import { ask } from "../lib/confirm.js";
import { emoji } from "../lib/emoji.js";
import { menu } from "../lib/popup.js";
import { parsed } from "./commands.js";
import { askPost, askThreadName } from "./dialogs.js";
import { excerpt } from "./message.js";
import { localId } from "./store.js";

const EPHEMERAL = 1 << 6;
const COMMAND_ANSWER = 20;
const THREADS_LISTED = 15;

/** The person's deeds. `changed()`: the page is to be drawn; `openThread` and `openWhenKnown` as in discord.js. */
export function deeds({ host, store, changed, openThread, openWhenKnown }) {
  let hinted = false;
  const quietly = (action) => host.act(action, { quiet: true });

  /** Resolves to whether it was taken. */
  async function send(channel, text, files, replyTo) {
    const command = text.startsWith("/") ? parsed(text, files, store, channel) : null;
    if (command?.error !== undefined) {
      host.toast(command.error);
      return false;
    }
    if (command) return run(channel, command);
    const typed = text.replace(/:([a-z0-9_+-]{1,60}):/g, (whole, name) => emoji(name) ?? whole);
    const { ok } = await host.act({ type: "post", channel, text: typed, files, ...(replyTo ? { reply_to: replyTo } : {}) });
    if (ok) hint(channel, text);
    return ok;
  }

  /** Runs a command; that the bot did not answer stands in the channel, as in Discord. */
  async function run(channel, { command, options }) {
    const result = await quietly({ type: "command", channel, command, options });
    if (result.ok) return true;
    const id = localId();
    store.setMessage(channel, {
      id, channel, author: store.bot.user_id, type: COMMAND_ANSWER, content: "", timestamp: new Date().toISOString(), flags: EPHEMERAL,
      ephemeral_for: store.me, command: { name: command, user: store.me }, local: true,
    });
    store.failures.set(id, result.error ?? "The application did not respond");
    changed();
    return true;
  }

  /** Says once why nobody answers: in a channel, a bot hears what mentions it. */
  function hint(id, text) {
    const channel = store.channels.get(id);
    if (hinted || channel?.kind !== "text" || text.toLowerCase().includes(`@${store.bot.name.toLowerCase()}`)) return;
    hinted = true;
    host.toast(`In #${channel.name} the bot answers when it is mentioned: begin with @${store.bot.name}, or write in its thread.`);
  }

  async function click(message, customId, values) {
    store.failures.delete(message.id);
    const result = await quietly({ type: "click", channel: message.channel, id: message.id, custom_id: customId, ...(values ? { values } : {}) });
    if (!result.ok) store.failures.set(message.id, result.error ?? "This interaction failed");
    changed();
  }

  function react(message, key, added) {
    host.act({ type: "react", channel: message.channel, id: message.id, emoji: key, added });
  }

  /** Puts an ephemeral message out of sight; what only this page knows is simply forgotten. */
  function dismiss(message) {
    if (!message.local) return host.act({ type: "dismiss", channel: message.channel, id: message.id });
    store.setMessage(message.channel, { ...message, deleted: true });
    return changed();
  }

  /** @param {string} channel @param {any} [message] the message it is opened from */
  function createThread(channel, message = null) {
    const from = message ? { id: message.id } : {};
    askThreadName({
      suggested: message ? excerpt(message, store).slice(0, 40) : "", toast: host.toast,
      create: (name) => quietly({ type: "create_thread", channel, name, ...from }),
      done: (made) => openWhenKnown(made.channel),
    });
  }

  function createPost(forum) {
    askPost({
      forum: `#${forum.name}`, toast: host.toast,
      create: (post) => quietly({ type: "create_post", channel: forum.id, ...post }),
      done: (made) => openWhenKnown(made.channel),
    });
  }

  async function deleteThread(thread) {
    const text = `“${thread.name}” and its messages are removed for everyone, and the bot is told.`;
    if (await ask({ title: "Delete Thread", text, confirm: "Delete", danger: true })) host.act({ type: "delete_thread", channel: thread.id });
  }

  function showThreads(anchor, channel) {
    const threads = store.threadsOf(channel.id).slice(0, THREADS_LISTED).map((thread) => ({ label: thread.archived ? `${thread.name} (archived)` : thread.name, choose: () => openThread(thread.id, { focus: true }) }));
    menu(anchor, [...threads, { label: "Create Thread…", choose: () => createThread(channel.id) }], { label: "Threads" });
  }

  /** Kicks the bot, or invites it again. */
  async function setPresence(present) {
    const { ok } = await host.act({ type: present ? "add_bot" : "remove_bot" });
    if (!ok) return;
    store.guild = { ...store.guild, bot_present: present };
    host.toast(present ? `${store.bot.name} has joined the server.` : `${store.bot.name} was kicked. It is told so, and hears nothing from the server until it is added again.`);
    changed();
  }

  return { send, click, react, dismiss, createThread, createPost, deleteThread, showThreads, setPresence };
}
