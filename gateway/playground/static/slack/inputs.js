// The fields of Block Kit: in forms and in messages. Each control is {id, node, value()}; `changed` runs when it changes.

import { boxes, oneOf, severalOf, textField, upload } from "../lib/fields.js";
import { plain } from "./mrkdwn.js";

/** The control for a Block Kit element, null if it is no field. */
export function control(element, { store, label, changed = () => {} }) {
  const make = CONTROLS[element.type];
  return make ? make(element, { store, label, changed }) : null;
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
  checkboxes: (element, use) => choices("checkbox", element, use),
  radio_buttons: (element, use) => choices("radio", element, use),
  file_input: fileInput,
};

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

/** @param {string} type @param {(element: any) => object} [extra] further attributes */
function textInput(type, extra = () => ({})) {
  return (element, { changed }) => textField({
    type, multiline: element.multiline, value: element.initial_value, changed,
    props: { placeholder: hint(element), maxlength: element.max_length, ...extra(element) },
  });
}

function dated(type, initial) {
  return (element, { changed }) => {
    const made = textField({ type, value: element[initial], changed });
    return { ...made, value: () => made.value() || null };
  };
}

function offered(element, { store, label, changed }) {
  return { options: optionsOf(element, store), chosen: initialOf(element), hint: hint(element), label, changed };
}

function select(element, use) {
  return oneOf(offered(element, use));
}

function multiSelect(element, use) {
  return severalOf({ ...offered(element, use), most: element.max_selected_items });
}

function choices(type, element, use) {
  return boxes({ type, ...offered(element, use) });
}

function fileInput(element, { changed }) {
  return upload({ most: element.max_files, accept: element.filetypes?.map((type) => `.${type}`).join(","), changed });
}
