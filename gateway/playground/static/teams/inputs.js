// The inputs of Adaptive Cards: each draws its label, its control and its error, and is known to its card.

import { h } from "../lib/dom.js";
import { boxes, oneOf, severalOf, textField } from "../lib/fields.js";
import { formField } from "../lib/forms.js";

const TYPES = { tel: "tel", url: "url", email: "email", password: "password" };
let serial = 0;

/** By the type of the element; a card calls them with itself and the scope they stand in. */
export const INPUTS = {
  "Input.Text": drawn((given) => textField({
    type: TYPES[String(given.style).toLowerCase()] ?? "text", multiline: given.isMultiline === true, value: textOf(given.value),
    props: { placeholder: given.placeholder, maxlength: given.maxLength > 0 ? given.maxLength : null },
  })),
  "Input.Number": drawn((given) => textField({ type: "number", value: textOf(given.value), props: { placeholder: given.placeholder, min: given.min, max: given.max, step: "any" } })),
  "Input.Date": drawn((given) => textField({ type: "date", value: textOf(given.value), props: { min: given.min, max: given.max } })),
  "Input.Time": drawn((given) => textField({ type: "time", value: textOf(given.value), props: { min: given.min, max: given.max } })),
  "Input.Toggle": drawn(toggle),
  "Input.ChoiceSet": drawn(choiceSet),
};

const textOf = (value) => (value === undefined || value === null ? "" : String(value));

function drawn(make) {
  return (given, card, scope) => {
    const control = make(given);
    const field = formField(String(given.id), control);
    scope.add(field);
    const label = given.label ?? null;
    if (field.target) {
      if (given.isRequired) field.target.setAttribute("aria-required", "true");
      if (!label && !control.node.matches(".choices, .toggle")) field.target.setAttribute("aria-label", given.placeholder || given.title || given.id);
      field.target.dataset.key = `input ${given.id}`;
    }
    return h("div", { class: "ac-input" },
      label && h("label", { class: "field-label", for: control.id }, label, given.isRequired && h("span", { class: "required", "aria-hidden": "true" }, " *")),
      control.node, field.error);
  };
}

function toggle({ title, value, valueOn = "true", valueOff = "false" }) {
  const id = `toggle-${(serial += 1)}`;
  const box = h("input", { id, type: "checkbox", role: "switch", ".checked": value === valueOn });
  return { id, node: h("label", { class: "choice toggle" }, box, h("span", {}, title)), value: () => (box.checked ? valueOn : valueOff) };
}

function choiceSet(given) {
  const options = (given.choices ?? []).map((choice) => ({ value: String(choice?.value), label: String(choice?.title) }));
  const chosen = new Set(textOf(given.value).split(",").filter(Boolean));
  const label = given.label ?? given.placeholder ?? null;
  if (/^expanded$/i.test(given.style)) {
    const control = boxes({ type: given.isMultiSelect ? "checkbox" : "radio", options, chosen, label });
    return { ...control, value: () => control.value() ?? "" };
  }
  if (given.isMultiSelect) return severalOf({ options, chosen, hint: given.placeholder, label });
  if (/^filtered$/i.test(given.style)) return filtered(given, options, [...chosen][0]);
  const control = oneOf({ options, chosen, hint: given.placeholder });
  return { ...control, value: () => control.value() ?? "" };
}

/** A choice that is typed: the browser offers what fits. */
function filtered(given, options, chosen) {
  const list = `choices-${(serial += 1)}`;
  const control = textField({ value: options.find((option) => option.value === chosen)?.label ?? "", props: { list, placeholder: given.placeholder, role: "combobox" } });
  const node = h("div", {}, control.node, h("datalist", { id: list }, options.map((option) => h("option", { value: option.label }))));
  return { id: control.id, node, value: () => options.find((option) => option.label === control.value())?.value ?? control.value() };
}
