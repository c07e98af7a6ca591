// What one fills in or chooses in messages and forms: Discord's components as fields.

import { boxes, oneOf, severalOf, textField, upload } from "../lib/fields.js";

const TEXT_INPUT = 4;
const FILE_UPLOAD = 19;
const RADIO_GROUP = 21;
const CHECKBOX_GROUP = 22;
const CHECKBOX = 23;
const STRING_SELECT = 3;

export const SELECTS = new Set([3, 5, 6, 7, 8]);

/** The field for a component, null if it is none. `use`: {store, label, changed}. */
export function control(component, use) {
  switch (component.type) {
    case TEXT_INPUT:
      return textField({
        multiline: component.style === 2, value: component.value, changed: use.changed,
        props: { placeholder: component.placeholder, minlength: component.min_length || null, maxlength: component.max_length, required: component.required },
      });
    case FILE_UPLOAD:
      return upload({ most: component.max_values ?? 1, changed: use.changed });
    case RADIO_GROUP:
      return boxes({ type: "radio", ...offered(component, use) });
    case CHECKBOX_GROUP:
      return boxes({ type: "checkbox", ...offered(component, use) });
    case CHECKBOX: {
      const made = boxes({ type: "checkbox", options: [{ value: "on", label: use.label }], chosen: new Set(component.default ? ["on"] : []), changed: use.changed });
      return { ...made, value: () => made.value().length > 0 };
    }
    default:
      return SELECTS.has(component.type) ? select(component, use) : null;
  }
}

function select(component, use) {
  const given = { ...offered(component, use), hint: component.placeholder ?? "Make a selection" };
  if ((component.max_values ?? 1) > 1) return severalOf({ ...given, most: component.max_values });
  const made = oneOf({ ...given, props: { disabled: component.disabled } });
  return { ...made, value: () => [made.value()].filter(Boolean) };
}

function offered(component, { store, label, changed }) {
  return { options: optionsOf(component, store), chosen: chosenIn(component), label, changed };
}

/** What can be chosen: what the bot lists, or the people, roles and channels the page knows. */
function optionsOf(component, store) {
  if (component.type === STRING_SELECT || component.options) {
    return (component.options ?? []).map((option) => ({ value: String(option.value), label: [option.emoji?.id ? null : option.emoji?.name, option.label].filter(Boolean).join(" "), about: option.description ?? null }));
  }
  const people = [...store.users.values()].map((user) => ({ value: user.id, label: store.nameOf(user.id), about: user.name }));
  const roles = (store.guild.roles ?? []).map((role) => ({ value: role.id, label: `@${role.name}` }));
  const channels = store.channelsOf("text", "forum").map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
  return { 5: people, 6: roles, 7: [...people, ...roles], 8: channels }[component.type] ?? [];
}

function chosenIn(component) {
  const options = (component.options ?? []).filter((option) => option.default).map((option) => String(option.value));
  return new Set([...options, ...(component.default_values ?? []).map((each) => String(each.id))]);
}
