// Files on their way from the person's disk into an action.

import { bytes } from "./dom.js";

const MAX_UPLOAD = 23 * 1024 * 1024;

/** A file as the platform's act() takes it. */
export async function encoded(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, mime: file.type || "application/octet-stream", data: url.slice(url.indexOf(",") + 1) };
}

/** Why these files cannot be sent together, null if they can. */
export function tooLarge(files) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  return total > MAX_UPLOAD ? `The playground takes ${bytes(MAX_UPLOAD)} at a time; this is ${bytes(total)}.` : null;
}

/** Listeners that let a node take dropped files; `over` is its class meanwhile. */
export function dropping(take) {
  return {
    dragover: (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      event.currentTarget.classList.add("over");
    },
    dragleave: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.classList.remove("over");
    },
    drop: (event) => {
      event.preventDefault();
      event.currentTarget.classList.remove("over");
      take(event.dataTransfer.files);
    },
  };
}
