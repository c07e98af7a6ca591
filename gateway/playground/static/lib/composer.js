// Where one writes: Enter sends, @ offers names, files come by button, drop or paste; drafts are kept per place.

import { bytes, fill, h, icon, iconButton } from "./dom.js";
import { encoded, tooLarge } from "./files.js";

/** Whether a textarea grows with its text by itself. */
const GROWS = CSS.supports("field-sizing", "content");

export class Composer {
  /**
   * `people()`: who can be mentioned here, as {name, about, bot}. `send(text, files, pictures)` resolves to whether it
   * was taken; `editLast()` is the arrow up in an empty field. `inline`: pictures that are pasted or inserted stand in
   * the text, so they are sent as `pictures`.
   * `attach` is the icon of the button for files, `tools` stand before the one that sends.
   * @param {{people: () => any[], send: (text: string, files: any[], pictures: any[]) => Promise<boolean>, editLast: () => boolean, toast: (text: string) => void, inline?: boolean, attach?: string, tools?: Node[]}} how
   */
  constructor({ people, send, editLast, toast, inline = false, attach = "attach", tools = [] }) {
    this.people = people;
    this.sendNow = send;
    this.toast = toast;
    this.inline = inline;
    this.pictures = new WeakSet();
    this.drafts = new Map();
    this.place = null;
    this.files = [];
    this.suggested = [];
    this.listId = `names-${Math.random().toString(36).slice(2)}`;
    this.names = h("div", { class: "names", role: "listbox", id: this.listId, "aria-label": "People", hidden: true });
    this.input = h("textarea", {
      class: "composer-input", rows: 1, role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.listId, spellcheck: "true",
      on: {
        input: () => this.changed(),
        keydown: (event) => this.key(event, editLast),
        paste: (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.pasted(event.clipboardData.files); } },
        blur: () => setTimeout(() => document.activeElement !== this.input && this.suggest([]), 150),
        click: () => this.lookForName(),
      },
    });
    const files = picker((chosen) => this.addFiles(chosen), this.input);
    const pictures = inline ? picker((chosen) => this.pasted(chosen), this.input, "image/*") : null;
    this.chips = h("ul", { class: "file-chips", hidden: true });
    this.mention = iconButton("mention", "Mention someone", () => this.insert("@"));
    this.sendButton = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
    this.node = h("form", { class: "composer", on: { submit: (event) => { event.preventDefault(); this.send(); } } },
      this.names, this.input, this.chips, files, pictures,
      h("div", { class: "composer-tools" },
        iconButton(attach, "Attach files", () => files.click(), { class: "icon-button attach" }),
        pictures && iconButton("picture", "Insert a picture", () => pictures.click()),
        this.mention,
        tools,
        h("span", { class: "composer-hint", "aria-hidden": "true" }, h("kbd", {}, "Enter"), " sends · ", h("kbd", {}, "Shift"), "+", h("kbd", {}, "Enter"), " new line"),
        this.sendButton));
    this.changed();
  }

  /** Moves to another place, keeping what was typed in this one. */
  goTo(place, label) {
    if (place !== this.place) {
      if (this.place !== null) this.drafts.set(this.place, { text: this.input.value, files: this.files });
      const draft = this.drafts.get(place) ?? { text: "", files: [] };
      this.place = place;
      this.input.value = draft.text;
      this.files = draft.files;
      this.changed();
    }
    this.mention.hidden = !this.people().length;
    this.input.placeholder = label;
    this.input.setAttribute("aria-label", label);
  }

  get empty() {
    return !this.input.value.trim() && !this.files.length;
  }

  focus() {
    this.input.focus();
  }

  /** Types text where the cursor is. */
  insert(text) {
    this.input.focus();
    const before = this.input.value.slice(0, this.input.selectionStart);
    const gap = text.startsWith("@") && before && !/\s$/.test(before) ? " " : "";
    this.input.setRangeText(gap + text, this.input.selectionStart, this.input.selectionEnd, "end");
    this.changed();
  }

  addFiles(files) {
    const more = [...this.files, ...files].slice(0, 10);
    const refused = tooLarge(more);
    if (refused) return this.toast(refused);
    this.files = more;
    this.changed();
  }

  pasted(files) {
    if (this.inline) for (const file of files) if (file.type.startsWith("image/")) this.pictures.add(file);
    this.addFiles(files);
  }

  changed() {
    if (!GROWS) this.input.rows = Math.min(10, this.input.value.split("\n").length);
    this.sendButton.disabled = this.empty;
    this.chips.hidden = !this.files.length;
    fill(this.chips, this.files.map((file) => h("li", {}, icon("file"), h("span", { class: "file-chip-name" }, file.name), h("span", { class: "file-chip-size" }, bytes(file.size)),
      iconButton("close", `Remove ${file.name}`, () => { this.files = this.files.filter((kept) => kept !== file); this.changed(); this.input.focus(); }))));
    this.lookForName();
  }

  async send() {
    if (this.empty) return;
    const { value } = this.input;
    const { files, place } = this;
    this.input.value = "";
    this.files = [];
    this.changed();
    const { inText = [], beside = [] } = Object.groupBy(files, (file) => (this.pictures.has(file) ? "inText" : "beside"));
    const taken = await this.sendNow(value.trim(), await Promise.all(beside.map(encoded)), await Promise.all(inText.map(encoded)));
    if (taken || this.place !== place || !this.empty) return;
    this.input.value = value;
    this.files = files;
    this.changed();
  }

  key(event, editLast) {
    if (event.isComposing) return;
    if (this.suggested.length && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key) && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape") this.suggest([]);
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.mark((this.marked + (event.key === "ArrowDown" ? 1 : this.suggested.length - 1)) % this.suggested.length);
      else this.take(this.suggested[this.marked]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && this.empty && editLast()) {
      event.preventDefault();
    }
  }

  /** Whether the cursor stands in a half-typed `@name`, and whom it could mean. */
  lookForName() {
    if (document.activeElement !== this.input) return;
    const before = this.input.value.slice(0, this.input.selectionStart);
    const typed = /(?:^|[\s(])@([\p{L}\p{N}_.-]*)$/u.exec(before);
    if (!typed) return this.suggest([]);
    const wanted = typed[1].toLowerCase();
    const people = this.people().filter(({ name, about }) => name.toLowerCase().startsWith(wanted) || about.toLowerCase().startsWith(wanted));
    // A name that is typed out needs no help, or Enter would not send.
    if (people.length === 1 && people[0].name.toLowerCase() === wanted) return this.suggest([]);
    people.sort((a, b) => Number(b.bot) - Number(a.bot) || a.name.localeCompare(b.name));
    this.suggest(people.slice(0, 6));
  }

  suggest(people) {
    this.suggested = people;
    this.names.hidden = !people.length;
    this.input.setAttribute("aria-expanded", String(people.length > 0));
    fill(this.names, people.map((person, index) => h("div", {
      role: "option", class: "name", id: `${this.listId}-${index}`,
      on: { mousedown: (event) => event.preventDefault(), click: () => this.take(person), mousemove: () => this.mark(index) },
    }, h("strong", {}, person.name), " ", h("span", {}, person.about), person.bot && h("span", { class: "badge" }, "APP"))));
    if (people.length) this.mark(0);
    else this.input.removeAttribute("aria-activedescendant");
  }

  mark(index) {
    this.marked = index;
    for (const [at, node] of [...this.names.children].entries()) node.setAttribute("aria-selected", String(at === index));
    this.input.setAttribute("aria-activedescendant", `${this.listId}-${index}`);
  }

  take(person) {
    const end = this.input.selectionStart;
    const start = this.input.value.slice(0, end).lastIndexOf("@");
    this.input.setRangeText(`@${person.name} `, start, end, "end");
    this.suggest([]);
    this.changed();
    this.input.focus();
  }
}

/** @param {(files: File[]) => void} take @param {HTMLElement} input @param {string | null} [accept] */
function picker(take, input, accept = null) {
  const node = h("input", { type: "file", multiple: true, accept, class: "visually-hidden", tabindex: -1, "aria-hidden": "true", on: { change: () => { take([...(node.files ?? [])]); node.value = ""; input.focus(); } } });
  return node;
}
