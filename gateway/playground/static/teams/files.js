// Files in messages: the bot's question whether it may upload one, files that lie in OneDrive, and pictures.

import { bytes, h, icon, safeUrl } from "../lib/dom.js";
import { picture } from "./pictures.js";

const CONSENT = "application/vnd.microsoft.teams.card.file.consent";
const FILES = ["application/vnd.microsoft.teams.card.file.info", "application/vnd.microsoft.teams.file.download.info"];

/** The node for a file or a picture, null for anything else. `consent(accept)` resolves once the bot has answered. */
export function fileNode(attachment, consent) {
  const { type, url, name } = attachment;
  if (type === CONSENT) return consentCard(attachment, consent);
  if (FILES.includes(type)) return fileCard(attachment);
  if (!type.startsWith("image/")) return null;
  const shown = picture(url, name || "picture");
  const href = safeUrl(url);
  return h("div", { class: "inline-picture" }, href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, shown) : shown);
}

function describe(name, size) {
  const ending = name.includes(".") ? `${name.split(".").pop().toUpperCase()} · ` : "";
  return h("span", { class: "file-meta" }, h("span", { class: "file-name" }, name), h("span", { class: "file-size" }, ending, bytes(size)));
}

const mark = () => h("span", { class: "file-icon" }, icon("file"));

function fileCard({ name, url, size }) {
  const shown = name ?? "file";
  const href = safeUrl(url);
  if (!href) return h("div", { class: "file-card" }, mark(), describe(shown, size));
  return h("a", { class: "file-card", href, target: "_blank", rel: "noopener noreferrer", download: shown, "aria-label": `Download ${shown}` }, mark(), describe(shown, size), icon("download"));
}

function consentCard({ name, content, state }, consent) {
  const shown = name ?? "file";
  const foot = h("div", { class: "consent-foot" });
  const answer = async (accept) => {
    foot.replaceChildren(h("progress", { "aria-label": `Uploading ${shown}` }), h("span", { role: "status" }, accept ? "Uploading…" : "Declining…"));
    // A refused or lost answer leaves the card as it was; a taken one draws it anew.
    if (!(await consent(accept))) ask();
  };
  const choice = (label, accept) => h("button", { type: "button", class: accept ? "button small primary" : "button small", dataset: { key: `consent ${accept}` }, on: { click: () => answer(accept) } }, label);
  const ask = () => foot.replaceChildren(choice("Allow", true), choice("Decline", false));
  if (state === "open") ask();
  else foot.append(icon(state === "accepted" ? "check" : "close"), state === "accepted" ? "You allowed this upload" : "You declined this file");
  return h("div", { class: "card consent", role: "group", "aria-label": `File ${shown}` },
    h("div", { class: "consent-file" }, mark(), describe(shown, content?.sizeInBytes)),
    content?.description && h("p", { class: "consent-about" }, content.description), foot);
}
