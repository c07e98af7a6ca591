// A file in a message: pictures and sound right there, all else as a card.

import { bytes, h, icon, safeUrl } from "./dom.js";

const PICTURE = /^image\/(?:png|jpeg|gif|webp|svg\+xml|bmp|avif)\b/;
/** These the browser shows in a tab of their own; all else it saves. */
const OPENS = /^(?:text\/plain|application\/pdf)/;

/** The list item for a file: {name, title, mime, size, url, alt}. */
export function attachment({ name, title = name, mime = "", size, url, alt = title }) {
  const href = safeUrl(url);
  const meta = h("span", { class: "file-meta" }, h("span", { class: "file-name" }, title), h("span", { class: "file-size" }, `${(name.split(".").pop() ?? "").toUpperCase()} · ${bytes(size)}`));
  if (!href) return h("li", {}, h("span", { class: "file-card" }, icon("file"), meta));
  const opens = OPENS.test(mime);
  const card = () => h("a", { class: "file-card", href, target: "_blank", rel: "noopener noreferrer", download: name, "aria-label": `${opens ? "Open" : "Download"} ${title}` }, h("span", { class: "file-icon" }, icon("file")), meta, icon(opens ? "open" : "download"));
  if (PICTURE.test(mime)) {
    const item = h("li", {}, h("a", { class: "file-image", href, target: "_blank", rel: "noopener noreferrer" },
      h("img", { src: href, alt, loading: "lazy", on: { error: () => item.replaceChildren(card()) } }), h("span", { class: "file-caption" }, title)));
    return item;
  }
  const played = mime.startsWith("audio/") ? "audio" : mime.startsWith("video/") ? "video" : null;
  return h("li", {}, played && h(played, { src: href, controls: true, preload: "none", "aria-label": title }), card());
}
