// Pictures, files and colours as components and embeds give them.

import { attachment } from "../lib/attachment.js";
import { h, icon, safeUrl } from "../lib/dom.js";
import { spoiler } from "./spans.js";

/** A picture, or a note that it cannot be shown. `url` or `proxy_url` of Discord's media objects. */
export function picture({ url, proxy_url: proxied, className = "picture", alt = "" }) {
  const src = safeUrl(String(url ?? "")) ?? safeUrl(String(proxied ?? ""));
  const missing = () => h("span", { class: "image-missing" }, icon("file"), alt || "image");
  if (!src || !/^https?:/.test(src)) return missing();
  return h("img", { class: className, src, alt, loading: "lazy", referrerpolicy: "no-referrer", on: { error: (event) => event.target.replaceWith(missing()) } });
}

/** `#5865f2` for a number; null where there is none. */
export function colour(number) {
  return Number.isInteger(number) && number >= 0 && number <= 0xffffff ? `#${number.toString(16).padStart(6, "0")}` : null;
}

/** The list item for a file of a message; a voice message shows its shape and length. */
export function fileItem(file) {
  const title = nameOf(file);
  const item = file.waveform ? voice(file) : attachment({ name: file.filename, title, mime: file.content_type ?? "", size: file.size, url: file.url, alt: file.description || title });
  return file.spoiler || file.filename?.startsWith("SPOILER_") ? h("li", {}, spoiler([...item.childNodes], `Spoiler, the file ${file.filename}`)) : item;
}

/** The name people read: the title, which has no ending, with that of the file. */
function nameOf({ title, filename }) {
  const ending = /\.[^.]+$/.exec(filename ?? "")?.[0] ?? "";
  return title && !title.endsWith(ending) ? `${title}${ending}` : title || filename;
}

const BARS = 40;

function voice(file) {
  const url = safeUrl(file.url);
  const seconds = Math.round(file.duration_secs ?? 0);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return h("li", { class: "voice" },
    h("p", { class: "voice-title" }, icon("play"), "Voice message", h("span", { class: "voice-length" }, length)),
    h("span", { class: "waveform", "aria-hidden": "true" }, levels(file.waveform).map((level) => h("i", { style: { height: `${Math.max(8, level * 100)}%` } }))),
    url && h("audio", { src: url, controls: true, preload: "none", "aria-label": `Voice message, ${length}` }));
}

/** How loud it is, 0 to 1, at as many moments as there are bars. */
function levels(waveform) {
  let samples = "";
  try {
    samples = atob(waveform);
  } catch {
    return [];
  }
  const count = Math.min(BARS, samples.length);
  return Array.from({ length: count }, (_, bar) => samples.charCodeAt(Math.floor((bar * samples.length) / count)) / 255);
}
