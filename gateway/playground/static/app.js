// The frame: tabs, theme, connection, inspector. Knows no platform; each lives in its module (see platforms.js).

import { Connection } from "./lib/connection.js";
import { fill, focusedIn, h, icon } from "./lib/dom.js";
import { rove } from "./lib/popup.js";
import { Inspector } from "./inspector.js";
import { platforms } from "./platforms.js";
import { saveAsTest } from "./saving.js";

/** @returns {any} The element of index.html with this id. */
const byId = (id) => document.getElementById(id);
const root = byId("platform");
const inspector = new Inspector(byId("inspector"));
const sheets = new Map();
/** @type {{name: string, view?: any, connection?: Connection} | null} */
let current = null;

function toast(text) {
  const note = h("div", { class: "toast" }, icon("alert"), h("span", {}, text));
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 7000);
}

function announce(text) {
  const log = byId("announcer");
  log.append(h("p", {}, text));
  while (log.childElementCount > 5) log.firstElementChild.remove();
}

function connectionState(state) {
  const node = byId("connection");
  node.dataset.state = state;
  node.textContent = { connecting: "Connecting…", open: "Live", lost: "Reconnecting…" }[state];
}

/** A platform's stylesheet, added once and not yet in force; resolves when it is here, so that nothing is seen undressed. */
function stylesheet(path) {
  if (!sheets.has(path)) {
    const sheet = h("link", { rel: "stylesheet", media: "not all", href: new URL(path, import.meta.url).href });
    sheets.set(path, new Promise((resolve) => {
      sheet.addEventListener("load", () => resolve(sheet));
      sheet.addEventListener("error", () => resolve(sheet));
      document.head.append(sheet);
    }));
  }
  return sheets.get(path);
}

/** Puts a stylesheet in force and those of the other platforms aside: they share names of classes, not looks. */
function wear(sheet) {
  for (const each of /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=stylesheet][media]"))) each.media = each === sheet ? "all" : "not all";
}

async function select(name) {
  if (current?.name === name) return;
  current?.connection?.close();
  current?.view?.destroy();
  /** @type {NonNullable<typeof current>} */
  const mine = (current = { name });
  for (const tab of byId("tabs").children) {
    const chosen = tab.dataset.platform === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) root.setAttribute("aria-labelledby", tab.id);
  }
  inspector.clear();
  fill(root, h("p", { class: "loading" }, "Opening the workspace…"));
  const platform = platforms[name];
  if (!platform) {
    fill(root, h("p", { class: "loading" }, `This page has no view for ${name} yet.`));
    return;
  }
  const [module, sheet] = await Promise.all([platform.load(), stylesheet(platform.stylesheet)]);
  if (current !== mine) return;
  wear(sheet);
  const view = (mine.view = module.mount(root, {
    act: async (action, { quiet = false } = {}) => {
      const result = await connection.act(action);
      if (!result.ok && !result.errors && !quiet) toast(result.error ?? "that did not work");
      return result;
    },
    announce,
    toast,
  }));
  connectionState("connecting");
  const connection = (mine.connection = new Connection(name, {
    snapshot: (data) => view.snapshot(data),
    change: (entry) => (entry.type === "wire" ? inspector.add(entry) : view.change(entry)),
    state: connectionState,
  }));
  remember("gateway.platform", name);
}

function tabs(names) {
  const list = byId("tabs");
  const buttons = names.map((name) =>
    h("button", {
      type: "button", role: "tab", class: "tab", id: `tab-${name}`, dataset: { platform: name },
      "aria-controls": "platform", on: { click: () => select(name) },
    }, platforms[name]?.title ?? name));
  fill(list, buttons);
  list.addEventListener("keydown", (event) => {
    rove(event, buttons);
    if (event.key.startsWith("Arrow")) focusedIn(list)?.click();
  });
}

function themes() {
  const choices = [["auto", "Like the system"], ["light", "Light"], ["dark", "Dark"]];
  const icons = { auto: "auto", light: "sun", dark: "moon" };
  const buttons = choices.map(([theme, label]) =>
    h("button", {
      type: "button", class: "theme-choice", "aria-label": `Theme: ${label}`, title: label, dataset: { theme },
      on: { click: () => apply(theme) },
    }, icon(icons[theme])));
  const apply = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    remember("gateway.theme", theme);
  };
  fill(byId("theme"), buttons);
  apply(document.documentElement.dataset.theme ?? "auto");
}

function inspectorToggle() {
  const button = byId("toggle-inspector");
  const show = (shown) => {
    document.body.classList.toggle("no-inspector", !shown);
    button.setAttribute("aria-expanded", String(shown));
    remember("gateway.inspector", shown ? "shown" : "hidden");
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  show((recall("gateway.inspector") ?? (innerWidth < 1180 ? "hidden" : "shown")) === "shown");
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

async function start() {
  themes();
  inspectorToggle();
  byId("save-as-test").addEventListener("click", () => current && saveAsTest(current.name, toast));
  const response = await fetch(new URL("../api/platforms", import.meta.url));
  const names = (await response.json()).platforms.map((platform) => platform.name);
  tabs(names);
  const last = recall("gateway.platform");
  const first = names.includes(last) ? last : names[0];
  if (first) await select(first);
  else fill(root, h("p", { class: "loading" }, "No platform is emulated: every one has credentials."));
}

start().catch((error) => {
  fill(root, h("p", { class: "loading" }, "The playground could not start. Is the gateway running? Reload to try again."));
  throw error;
});
