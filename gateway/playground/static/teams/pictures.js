// Pictures that messages and cards point to.

import { h, icon, safeUrl } from "../lib/dom.js";

/** The address if a picture may be shown from there, else null. */
export function pictureUrl(url) {
  if (/^data:image\/(?:png|jpeg|jpg|gif|webp|svg\+xml);base64,/i.test(url ?? "")) return url;
  return safeUrl(url);
}

/** A picture, or what stands for it where it cannot be shown. */
export function picture(url, alt, props = {}) {
  const missing = () => h("span", { class: "image-missing" }, icon("picture"), alt || "picture");
  const src = pictureUrl(url);
  if (!src) return missing();
  return h("img", { src, alt: alt ?? "", loading: "lazy", referrerpolicy: "no-referrer", ...props, on: { error: (event) => event.target.replaceWith(missing()) } });
}
