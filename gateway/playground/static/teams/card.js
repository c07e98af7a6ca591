// One Adaptive Card: what its elements share (inputs, named elements, being busy, what went wrong).

import { fill, h, icon } from "../lib/dom.js";
import { complain } from "../lib/forms.js";
import { actionSet, actOf } from "./actions.js";
import { elements } from "./elements.js";
import { Scope } from "./scope.js";

export class Card {
  /** `run(action, inputs)` does an Execute or a Submit: {ok, error, errors by input id, message}. */
  constructor(content, run) {
    this.run = run;
    this.named = new Map();
    this.notice = h("p", { class: "card-notice", hidden: true });
    const scope = new Scope(null);
    this.fields = scope.all;
    this.node = h("div", { class: "card adaptive", role: "group", "aria-label": String(content?.speak ?? "Card") }, this.draw(content ?? {}, scope), this.notice);
    if (content?.selectAction) this.selectable(this.node, content.selectAction, scope);
  }

  /** The body and actions of the card itself, or of one that it shows inside. */
  draw(content, scope) {
    return [h("div", { class: "card-body" }, elements(content.body, this, scope)), content.actions?.length > 0 && actionSet(content.actions, this, scope)];
  }

  /** Lets a whole element be clicked. */
  selectable(node, action, scope) {
    const act = actOf(action, this, scope);
    const own = (event) => event.target === node || !event.target.closest("button, a, input, textarea, select, summary, label");
    Object.assign(node, { tabIndex: 0, role: action.type === "Action.OpenUrl" ? "link" : "button" });
    node.classList.add("selectable");
    if (action.title || action.tooltip) node.setAttribute("aria-label", action.title ?? action.tooltip);
    node.dataset.key ??= `select ${action.title ?? action.id ?? ""}`;
    node.addEventListener("click", (event) => {
      if (!own(event)) return;
      event.stopPropagation();
      act();
    });
    node.addEventListener("keydown", (event) => {
      if (event.target !== node || !["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
  }

  /** Shows and hides elements by their ids. */
  toggle(targets) {
    for (const target of targets ?? []) {
      const node = this.named.get(target?.elementId ?? target);
      if (node) node.hidden = typeof target?.isVisible === "boolean" ? !target.isVisible : !node.hidden;
    }
  }

  async submit(action, scope) {
    if (this.node.getAttribute("aria-busy") === "true") return;
    const inputs = /^none$/i.test(action.associatedInputs ?? "") ? {} : await scope.values();
    this.node.setAttribute("aria-busy", "true");
    try {
      this.report(await this.run(action, inputs), action);
    } finally {
      this.node.setAttribute("aria-busy", "false");
    }
  }

  report({ ok, error, errors, message }, action) {
    const others = complain(this.fields, errors ?? {});
    if (!ok) return this.say(errors ? others : (error ?? "Something went wrong. Please try again."), true);
    const plain = action.type === "Action.Submit" && !action.data?.msteams;
    this.say(message ?? (plain ? "Your response was sent to the app" : ""), false);
  }

  say(text, bad) {
    this.notice.hidden = !text;
    this.notice.className = bad ? "card-notice bad" : "card-notice";
    this.notice.setAttribute("role", bad ? "alert" : "status");
    fill(this.notice, icon(bad ? "alert" : "check"), text);
  }
}
