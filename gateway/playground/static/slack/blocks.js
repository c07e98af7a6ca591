// Block Kit -> DOM. A surface says where the blocks stand: {store, act(payload) -> Promise, fields?}.

import { h, icon, iconButton, link, safeUrl } from "../lib/dom.js";
import { formField } from "../lib/forms.js";
import { tableFrame } from "../lib/markdown.js";
import { menu } from "../lib/popup.js";
import { control } from "./inputs.js";
import { confirmed } from "./confirm.js";
import { plain, richMarkdown, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** Nodes for a list of blocks. */
export function renderBlocks(blocks, surface) {
  return (blocks ?? []).map((block) => {
    const node = (BLOCKS[block?.type] ?? unknown)(block, surface);
    if (node && block?.block_id) node.dataset.blockId = block.block_id;
    return node;
  });
}

const text = (object, surface) => textObject(object, surface.store);
const words = (object) => plain(typeof object === "string" ? object : String(object?.text ?? ""));

const BLOCKS = {
  markdown: (block, { store }) => h("div", { class: "block markdown" }, richMarkdown(String(block.text ?? ""), store)),
  section,
  header: (block) => h("h3", { class: "block header" }, words(block.text)),
  divider: () => h("hr", { class: "block divider" }),
  context: (block, surface) => h("div", { class: "block context" }, (block.elements ?? []).map((element) => (element.type === "image" ? picture(element, "context-image") : h("span", {}, text(element, surface))))),
  context_actions: (block, surface) => h("div", { class: "block context-actions" }, elements(block, surface)),
  actions: (block, surface) => h("div", { class: "block actions" }, elements(block, surface)),
  image: (block, surface) => h("figure", { class: "block image" }, block.title && h("figcaption", {}, text(block.title, surface)), picture(block, "block-image")),
  rich_text: (block, { store }) => h("div", { class: "block rich-text" }, richText(block, store)),
  table,
  data_table: table,
  input,
  task_card: taskCard,
  plan: (block, surface) => h("section", { class: "block plan" }, h("p", { class: "plan-title" }, icon("spark"), words(block.title) || "Plan"), (block.tasks ?? []).map((task) => taskCard(task, surface))),
  alert: (block, surface) => h("div", { class: `block alert ${["info", "warning", "error", "success"].includes(block.level) ? block.level : ""}` }, icon("alert"), h("div", {}, text(block.text, surface))),
  card,
  carousel: (block, surface) => h("div", { class: "block carousel", tabindex: 0, role: "group", "aria-label": "Cards" }, (block.elements ?? []).map((element) => card(element, surface))),
  container,
  file: (block) => h("p", { class: "block" }, icon("file"), " ", String(block.external_id ?? "file")),
  video: (block) => h("p", { class: "block" }, link(String(block.title_url ?? block.video_url ?? ""), words(block.title) || "Video")),
};

function unknown(block) {
  return h("details", { class: "block unknown" }, h("summary", {}, `This page does not draw “${block?.type}” blocks`), h("pre", { class: "code" }, JSON.stringify(block, null, 2)));
}

function section(block, surface) {
  const accessory = block.accessory && element(block.accessory, block, surface);
  return h("div", { class: accessory ? "block section with-accessory" : "block section" },
    h("div", { class: "section-main" },
      block.text && h("div", { class: "section-text" }, text(block.text, surface)),
      block.fields?.length && h("div", { class: "section-fields" }, block.fields.map((field) => h("div", {}, text(field, surface))))),
    accessory && h("div", { class: "section-accessory" }, accessory));
}

function picture(object, className) {
  const url = safeUrl(String(object.image_url ?? object.slack_file?.url ?? ""));
  const alt = String(object.alt_text ?? "");
  if (!url) return h("span", { class: "image-missing" }, icon("file"), alt || "image");
  return h("img", { class: className, src: url, alt, loading: "lazy", referrerpolicy: "no-referrer", on: { error: (event) => event.target.replaceWith(h("span", { class: "image-missing" }, icon("file"), alt || "image")) } });
}

function table(block, { store }) {
  const rows = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cell = (tag) => (content, column) => h(tag, {
    scope: tag === "th" ? "col" : null,
    class: [content?.type === "raw_number" ? "align-right" : "", /^(?:center|right)$/.test(settings[column]?.align ?? "") ? `align-${settings[column].align}` : "", settings[column]?.is_wrapped === false ? "nowrap" : ""].filter(Boolean).join(" ") || null,
  }, content?.type === "rich_text" ? richText(content, store) : String(content?.text ?? content?.value ?? ""));
  const [head, ...body] = rows;
  return h("div", { class: "block" }, tableFrame(head && h("tr", {}, head.map(cell("th"))), body.map((row) => h("tr", {}, row.map(cell("td")))), block.caption ? words(block.caption) : null));
}

function taskCard(block, surface) {
  const status = ["pending", "in_progress", "complete", "error"].includes(block.status) ? block.status : "pending";
  const named = { pending: "to do", in_progress: "in progress", complete: "done", error: "failed" }[status];
  const rich = (part) => part && h("div", { class: "task-part" }, part.type === "rich_text" ? richText(part, surface.store) : words(part));
  const sources = (block.sources ?? []).map((source) => h("li", {}, link(String(source.url ?? ""), String(source.text ?? source.url ?? ""))));
  const head = [h("span", { class: `task-status ${status}`, role: "img", "aria-label": named }, status === "complete" ? icon("check") : status === "error" ? icon("close") : null), h("span", { class: "task-title" }, words(block.title))];
  const body = [rich(block.details), rich(block.output), sources.length > 0 && h("ul", { class: "task-sources" }, sources)].filter(Boolean);
  if (!body.length) return h("div", { class: "block task" }, h("div", { class: "task-head" }, head));
  return h("details", { class: "block task" }, h("summary", { class: "task-head" }, head), body);
}

function card(block, surface) {
  return h("article", { class: "block card" },
    block.hero_image && picture(block.hero_image, "card-hero"),
    h("div", { class: "card-body" },
      block.title && h("p", { class: "card-title" }, text(block.title, surface)),
      block.subtitle && h("p", { class: "card-subtitle" }, text(block.subtitle, surface)),
      block.body && h("div", {}, text(block.body, surface)),
      block.actions?.length && h("div", { class: "actions" }, block.actions.map((each) => element(each, block, surface)))));
}

function container(block, surface) {
  const title = block.rich_text_title ? richText(block.rich_text_title, surface.store) : words(block.title);
  const inner = renderBlocks(block.child_blocks, surface);
  if (!block.is_collapsible) return h("section", { class: "block container" }, title && h("p", { class: "card-title" }, title), inner);
  return h("details", { class: "block container", open: !block.default_collapsed }, h("summary", {}, title || "Details"), inner);
}

/** A form's field with its label, hint and error; its control is kept in `surface.fields`. */
function input(block, surface) {
  const label = words(block.label);
  const made = control(block.element ?? {}, { store: surface.store, label, changed: () => block.dispatch_action && surface.act({ ...ids(block.element, block), value: made.value() }) });
  if (!made) return unknown(block);
  const field = { ...formField(block.block_id, made), actionId: block.element.action_id ?? "" };
  surface.fields?.push(field);
  return h("div", { class: "block input" },
    h("label", { class: "field-label", for: made.id }, label, block.optional && h("span", { class: "optional" }, " (optional)")),
    made.node, block.hint && h("p", { class: "field-hint" }, words(block.hint)), field.error);
}

const ids = (element, block) => ({ action_id: element.action_id ?? "", block_id: block.block_id });

function elements(block, surface) {
  return (block.elements ?? []).map((each) => element(each, block, surface));
}

/** An element one uses right where it stands: buttons, menus, feedback. */
function element(object, block, surface) {
  switch (object.type) {
    case "button":
    case "workflow_button":
      return button(object, block, surface);
    case "overflow":
      return overflow(object, block, surface);
    case "feedback_buttons":
      return feedback(object, block, surface);
    case "icon_button":
      return keyed(iconButton(object.icon === "trash" ? "trash" : "spark", words(object.accessibility_label ?? object.text), use(surface, object, { ...ids(object, block), value: object.value }), { class: "icon-button bordered" }), object);
    case "image":
      return picture(object, "accessory-image");
    default: {
      const made = control(object, { store: surface.store, label: words(object.accessibility_label ?? object.placeholder) || "Choose", changed: () => changed() });
      if (!made) return h("span", { class: "unknown" }, `“${object.type}” is not drawn here`);
      const changed = use(surface, object, () => {
        const value = made.value();
        if (Array.isArray(value)) return { ...ids(object, block), selected_options: value };
        if (/select$|radio_buttons/.test(object.type)) return value === null ? null : { ...ids(object, block), selected_option: value };
        return { ...ids(object, block), value };
      }, made.node);
      return h("div", { class: "inline-control" }, keyed(made.node, object));
    }
  }
}

/** Marks a node so that the focus finds its successor when the message is drawn again. */
function keyed(node, object, suffix = "") {
  node.dataset.key = `${object.action_id ?? ""}${suffix}`;
  return node;
}

/** A handler that asks for confirmation where the bot wants one, acts, and shows that it is under way. */
function use(surface, object, payload, marked = null) {
  return async (event) => {
    const node = marked ?? event?.currentTarget;
    if (node?.getAttribute("aria-busy") === "true") return;
    if (object.confirm && !(await confirmed(object.confirm, surface.store))) return;
    const action = typeof payload === "function" ? payload() : payload;
    if (!action) return;
    node?.setAttribute("aria-busy", "true");
    try {
      await surface.act(action);
    } finally {
      node?.setAttribute("aria-busy", "false");
    }
  };
}

function button(object, block, surface) {
  const style = object.style === "primary" || object.style === "danger" ? ` ${object.style}` : "";
  const act = use(surface, object, { ...ids(object, block), value: object.value });
  const href = object.url && safeUrl(object.url);
  const props = { class: `button${style}`, "aria-label": object.accessibility_label, title: object.accessibility_label, on: { click: act } };
  if (href) return keyed(h("a", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, words(object.text)), object);
  return keyed(h("button", { ...props, type: "button" }, words(object.text)), object);
}

function overflow(object, block, surface) {
  const act = (option) => use(surface, object, { ...ids(object, block), selected_option: option.value }, node)();
  const open = () => menu(node, (object.options ?? []).map((option) => ({ label: words(option.text), choose: () => {
    const href = option.url && safeUrl(option.url);
    if (href) window.open(href, "_blank", "noopener,noreferrer");
    act(option);
  } })), { label: "More" });
  const node = keyed(iconButton("more", "More", open, { class: "icon-button bordered", "aria-haspopup": "menu", "aria-expanded": "false" }), object);
  return node;
}

function feedback(object, block, surface) {
  const one = (kind, face) => {
    const choice = object[`${kind}_button`] ?? {};
    const label = words(choice.accessibility_label) || words(choice.text) || (kind === "positive" ? "Good answer" : "Bad answer");
    const act = use(surface, object, { ...ids(object, block), value: choice.value });
    const node = keyed(iconButton(face, label, async (event) => {
      await act(event);
      for (const each of node.parentElement?.children ?? []) each.setAttribute("aria-pressed", String(each === node));
    }, { "aria-pressed": "false" }), object, kind);
    return node;
  };
  return h("div", { class: "feedback", role: "group", "aria-label": "Feedback" }, one("positive", "up"), one("negative", "down"));
}

