// Fields a person fills in, in forms and in messages. Each control is {node, value()}; `changed` runs when it changes.

import { bytes, fill, h, iconButton } from "../lib/dom.js";
import { encoded } from "../lib/files.js";
import { plain } from "./mrkdwn.js";

let serial = 0;

/** The control for a Block Kit element, null if it is no field. */
export function control(element, { store, label, changed = () => {} }) {
  const make = CONTROLS[element.type];
  return make ? make(element, { store, label, changed, id: `field-${(serial += 1)}` }) : null;
}

const textOf = (object) => plain(String(object?.text ?? ""));
const hint = (element) => (element.placeholder ? textOf(element.placeholder) : null);

const CONTROLS = {
  plain_text_input: textInput("text"),
  email_text_input: textInput("email"),
  url_text_input: textInput("url"),
  rich_text_input: (element, use) => textInput("text")({ ...element, multiline: true, initial_value: "" }, use),
  number_input: textInput("text", (element) => ({ inputmode: element.is_decimal_allowed ? "decimal" : "numeric" })),
  datepicker: dated("date", "initial_date"),
  timepicker: dated("time", "initial_time"),
  static_select: select,
  external_select: select,
  users_select: select,
  channels_select: select,
  conversations_select: select,
  multi_static_select: multiSelect,
  multi_external_select: multiSelect,
  multi_users_select: multiSelect,
  multi_channels_select: multiSelect,
  multi_conversations_select: multiSelect,
  checkboxes: (element, use) => boxes("checkbox", element, use),
  radio_buttons: (element, use) => boxes("radio", element, use),
  file_input: fileInput,
};

function textInput(type, extra = () => ({})) {
  return (element, { id, changed }) => {
    const props = {
      id, class: "field", placeholder: hint(element), maxlength: element.max_length, ".value": element.initial_value ?? "",
      on: { change: changed }, autocomplete: "off", ...extra(element),
    };
    const node = element.multiline ? h("textarea", { ...props, rows: 4 }) : h("input", { ...props, type });
    return { id, node, value: () => node.value };
  };
}

function dated(type, initial) {
  return (element, { id, changed }) => {
    const node = h("input", { id, class: "field", type, ".value": element[initial] ?? "", on: { change: changed } });
    return { id, node, value: () => node.value || null };
  };
}

/** The options of any select, as [{value, label, group}]. */
function optionsOf(element, store) {
  const list = (options, group = null) => (options ?? []).map((option) => ({ value: String(option.value), label: textOf(option.text), about: option.description ? textOf(option.description) : null, group }));
  if (/users_select$/.test(element.type)) return [...store.users.values()].map((user) => ({ value: user.id, label: user.real_name || user.name, group: null }));
  if (/(?:channels|conversations)_select$/.test(element.type)) {
    return [...store.channels.values()].filter((channel) => channel.kind !== "im").map((channel) => ({ value: channel.id, label: `#${channel.name}`, group: null }));
  }
  return [...list(element.options), ...(element.option_groups ?? []).flatMap((group) => list(group.options, textOf(group.label)))];
}

/** What is chosen at first, as values. */
function initialOf(element) {
  const one = element.initial_option?.value ?? element.initial_user ?? element.initial_channel ?? element.initial_conversation;
  const many = element.initial_options?.map((option) => option.value) ?? element.initial_users ?? element.initial_channels ?? element.initial_conversations;
  return new Set((many ?? (one === undefined ? [] : [one])).map(String));
}

function select(element, { id, store, label, changed }) {
  const initial = initialOf(element);
  const option = ({ value, label: text }) => h("option", { value, ".selected": initial.has(value) }, text);
  const grouped = Map.groupBy(optionsOf(element, store), (each) => each.group ?? "");
  const node = h("select", { id, class: "field", "aria-label": label, on: { change: changed } },
    h("option", { value: "", ".selected": initial.size === 0 }, hint(element) ?? "Choose…"),
    [...grouped].map(([group, options]) => (group ? h("optgroup", { label: group }, options.map(option)) : options.map(option))));
  return { id, node, value: () => node.value || null };
}

function multiSelect(element, { id, store, label, changed }) {
  const chosen = initialOf(element);
  const options = optionsOf(element, store);
  const summary = h("summary", { id, class: "field", "aria-label": label });
  const retitle = () => {
    const labels = options.filter((option) => chosen.has(option.value)).map((option) => option.label);
    fill(summary, labels.length ? labels.map((text) => h("span", { class: "pill" }, text)) : h("span", { class: "placeholder" }, hint(element) ?? "Choose…"));
  };
  const box = (option) => h("label", { class: "choice" },
    h("input", {
      type: "checkbox", ".checked": chosen.has(option.value),
      on: { change: (event) => {
        if (event.target.checked && element.max_selected_items && chosen.size >= element.max_selected_items) event.target.checked = false;
        else if (event.target.checked) chosen.add(option.value);
        else chosen.delete(option.value);
        retitle();
      } },
    }), h("span", {}, option.label));
  // A message's menu reports once, when it closes, as Slack's does.
  let before = [...chosen].join();
  const node = h("details", { class: "multi", on: { toggle: () => {
    const now = [...chosen].join();
    if (!node.open && now !== before) changed();
    before = now;
  }, keydown: (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.preventDefault();
    event.stopPropagation();
    node.open = false;
    summary.focus();
  } } }, summary, h("div", { class: "multi-options", role: "group", "aria-label": label ?? hint(element) }, options.map(box)));
  retitle();
  return { id, node, value: () => options.map((option) => option.value).filter((value) => chosen.has(value)) };
}

function boxes(type, element, { id, store, label, changed }) {
  const initial = initialOf(element);
  const inputs = optionsOf(element, store).map((option, index) => ({
    option,
    input: h("input", { type, name: id, id: index ? null : id, value: option.value, ".checked": initial.has(option.value), on: { change: changed } }),
  }));
  const node = h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group", "aria-label": label },
    inputs.map(({ option, input }) => h("label", { class: "choice" }, input, h("span", {}, option.label, option.about && h("span", { class: "choice-about" }, option.about)))));
  const picked = () => inputs.filter(({ input }) => input.checked).map(({ option }) => option.value);
  return { id, node, value: () => (type === "radio" ? (picked()[0] ?? null) : picked()) };
}

function fileInput(element, { id, changed }) {
  let files = [];
  const most = element.max_files ?? 10;
  const list = h("ul", { class: "file-chips" });
  const input = h("input", {
    id, type: "file", class: "visually-hidden", multiple: most > 1, accept: element.filetypes?.map((type) => `.${type}`).join(","),
    on: { change: () => { add([...input.files]); input.value = ""; } },
  });
  const redraw = () => fill(list, files.map((file) => h("li", {}, h("span", {}, `${file.name} · ${bytes(file.size)}`), iconButton("close", `Remove ${file.name}`, () => { files = files.filter((kept) => kept !== file); redraw(); changed(); }))));
  const add = (more) => {
    files = [...files, ...more].slice(-most);
    redraw();
    changed();
  };
  const node = h("div", {
    class: "drop", on: {
      dragover: (event) => { event.preventDefault(); node.classList.add("over"); },
      dragleave: () => node.classList.remove("over"),
      drop: (event) => { event.preventDefault(); node.classList.remove("over"); add([...event.dataTransfer.files]); },
    },
  }, input, h("label", { for: id, class: "button" }, most > 1 ? "Choose files" : "Choose a file"), h("span", { class: "drop-hint" }, "or drop here"), list);
  return { id, node, files: () => files, value: () => Promise.all(files.map(encoded)) };
}
