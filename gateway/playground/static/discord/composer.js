// Discord's composer: "/" offers commands and their options, and a recording can be sent as a voice message.

import { Composer } from "../lib/composer.js";
import { h, iconButton } from "../lib/dom.js";
import { encoded } from "../lib/files.js";
import { offers, usable, usage } from "./commands.js";

/** Milliseconds after which others would no longer see that one is typing; an app shows it for ten seconds. */
const TYPING = 8_000;

export class ChannelComposer extends Composer {
  /**
   * `place()`: the channel written in. `typed()`: something was. `speak({data, duration})` sends a recording.
   * @param {Record<"store" | "place" | "typed" | "speak" | "people" | "send" | "editLast" | "toast", any>} how
   */
  constructor({ store, place, typed, speak, ...rest }) {
    const recordings = h("input", { type: "file", accept: "audio/*", class: "visually-hidden", tabindex: -1, "aria-hidden": "true", on: { change: () => {
      const [file] = recordings.files ?? [];
      recordings.value = "";
      if (file) this.speakFile(file);
    } } });
    const tools = [recordings, iconButton("slash", "Use a command", () => this.insert("/")), iconButton("mic", "Send a recording as a voice message", () => recordings.click())];
    super({ attach: "plus", tools, ...rest });
    this.store = store;
    this.channel = place;
    this.typed = typed;
    this.speak = speak;
    this.told = { place: null, at: 0 };
    this.guide = h("p", { class: "command-guide", hidden: true });
    this.node.prepend(this.guide);
    this.input.addEventListener("input", () => this.tell());
  }

  /** The commands that can be run here. */
  get commands() {
    return usable(this.store, this.channel());
  }

  lookForName() {
    if (document.activeElement !== this.input) return;
    const before = this.input.value.slice(0, this.input.selectionStart);
    const line = before.startsWith("/") ? usage(this.input.value, this.commands) : null;
    this.guide.hidden = !line;
    this.guide.textContent = line ?? "";
    const found = before.startsWith("/") ? offers(before, this.commands) : [];
    if (found.length) this.suggest(found.slice(0, 8));
    else super.lookForName();
  }

  take(chosen) {
    if (chosen.insert === undefined) return super.take(chosen);
    const end = this.input.selectionStart;
    this.input.setRangeText(chosen.insert, end - chosen.length, end, "end");
    this.changed();
    this.input.focus();
  }

  changed() {
    super.changed();
    if (this.guide && this.empty) this.guide.hidden = true;
  }

  /** That one is typing is told as often as Discord's client tells it; commands are typed in private. */
  tell() {
    const now = { place: this.channel(), at: Date.now() };
    if (this.empty || this.input.value.startsWith("/")) return;
    if (now.place === this.told.place && now.at - this.told.at < TYPING) return;
    this.told = now;
    this.typed();
  }

  async speakFile(file) {
    const duration = await lengthOf(file);
    if (duration === null) return this.toast(`This browser cannot play ${file.name}, so it cannot be a voice message.`);
    const { data } = await encoded(file);
    this.speak({ data, duration });
  }
}

/** A recording's length in seconds, null if it is none this browser can play. */
async function lengthOf(file) {
  const url = URL.createObjectURL(file);
  const audio = new Audio();
  const known = new Promise((resolve) => {
    audio.addEventListener("loadedmetadata", () => resolve(audio.duration));
    audio.addEventListener("error", () => resolve(null));
  });
  audio.src = url;
  const seconds = await known;
  URL.revokeObjectURL(url);
  return Number.isFinite(seconds) ? seconds : null;
}
