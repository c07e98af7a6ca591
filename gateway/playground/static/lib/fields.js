// Fields a person fills in. Each is {id, node, value()}; `changed` runs when its value does.
//
// An option is {value, label, about, group}; `chosen` is the set of the values chosen at first.

import { bytes, fill, h, iconButton } from "./dom.js";
import { dropping, encoded } from "./files.js";

let serial = 0;
const nextId = () => `field-${(serial += 1)}`;
const nothing = () => {};

/** Text, on one line or on several. `props` are attributes of the input. */
export function textField({ type = "text", multiline = false, value = "", changed = nothing, props = {} }) {
  const id = nextId();
  const given = { id, class: "field", ".value": value, on: { change: changed }, autocomplete: "off", ...props };
  const node = multiline ? h("textarea", { ...given, rows: 4 }) : h("input", { ...given, type });
  return { id, node, value: () => node.value };
}

/** One of several, null for none. */
export function oneOf({ options, chosen = new Set(), hint = null, label = null, changed = nothing, props = {} }) {
  const id = nextId();
  const option = ({ value, label: text }) => h("option", { value, ".selected": chosen.has(value) }, text);
  const grouped = Map.groupBy(options, (each) => each.group ?? "");
  const node = h("select", { id, class: "field", "aria-label": label, on: { change: changed }, ...props },
    h("option", { value: "", ".selected": chosen.size === 0 }, hint ?? "Choose…"),
    [...grouped].map(([group, inside]) => (group ? h("optgroup", { label: group }, inside.map(option)) : inside.map(option))));
  return { id, node, value: () => node.value || null };
}

/** Several, at most `most`, behind a menu that reports once, when it closes. */
export function severalOf({ options, chosen = new Set(), most = Infinity, hint = null, label = null, changed = nothing }) {
  const id = nextId();
  const picked = new Set(chosen);
  const summary = h("summary", { id, class: "field", "aria-label": label });
  const retitle = () => {
    const labels = options.filter((option) => picked.has(option.value)).map((option) => option.label);
    fill(summary, labels.length ? labels.map((text) => h("span", { class: "pill" }, text)) : h("span", { class: "placeholder" }, hint ?? "Choose…"));
  };
  const toggled = ({ target }, { value }) => {
    if (target.checked && picked.size >= most) target.checked = false;
    else if (target.checked) picked.add(value);
    else picked.delete(value);
    retitle();
  };
  const box = (option) => h("label", { class: "choice" },
    h("input", { type: "checkbox", ".checked": picked.has(option.value), on: { change: (event) => toggled(event, option) } }), caption(option));
  let before = [...picked].join();
  const node = h("details", { class: "multi", on: { toggle: () => {
    const now = [...picked].join();
    if (!node.open && now !== before) changed();
    before = now;
  }, keydown: (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.preventDefault();
    event.stopPropagation();
    node.open = false;
    summary.focus();
  } } }, summary, h("div", { class: "multi-options", role: "group", "aria-label": label ?? hint }, options.map(box)));
  retitle();
  return { id, node, value: () => options.map((option) => option.value).filter((value) => picked.has(value)) };
}

/** All options at a glance. `type`: "radio" gives a value or null, "checkbox" the list of values. */
export function boxes({ type, options, chosen = new Set(), label = null, changed = nothing }) {
  const id = nextId();
  const inputs = options.map((option, index) => h("input", { type, name: id, id: index ? null : id, value: option.value, ".checked": chosen.has(option.value), on: { change: changed } }));
  const node = h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group", "aria-label": label },
    options.map((option, index) => h("label", { class: "choice" }, inputs[index], caption(option))));
  const picked = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return { id, node, value: () => (type === "radio" ? (picked()[0] ?? null) : picked()) };
}

function caption(option) {
  return h("span", {}, option.label, option.about && h("span", { class: "choice-about" }, option.about));
}

/** Files, at most `most`: chosen by button or dropped. Its value is a promise; `files()` are those on the disk. */
export function upload({ most = 10, accept = null, changed = nothing }) {
  const id = nextId();
  let files = [];
  const list = h("ul", { class: "file-chips" });
  const input = h("input", {
    id, type: "file", class: "visually-hidden", multiple: most > 1, accept,
    on: { change: () => { add([...(input.files ?? [])]); input.value = ""; } },
  });
  const redraw = () => fill(list, files.map((file) => h("li", {}, h("span", {}, `${file.name} · ${bytes(file.size)}`), iconButton("close", `Remove ${file.name}`, () => { files = files.filter((kept) => kept !== file); redraw(); changed(); }))));
  const add = (more) => {
    files = [...files, ...more].slice(-most);
    redraw();
    changed();
  };
  const node = h("div", { class: "drop", on: dropping((dropped) => add([...dropped])) },
    input, h("label", { for: id, class: "button" }, most > 1 ? "Choose files" : "Choose a file"), h("span", { class: "drop-hint" }, "or drop here"), list);
  return { id, node, files: () => files, value: () => Promise.all(files.map(encoded)) };
}
