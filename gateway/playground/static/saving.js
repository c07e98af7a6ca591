// What was done on a platform, as a test for pytest: shown, to be copied, downloaded, or begun anew.

import { fill, h } from "./lib/dom.js";

/** Opens the dialog. `toast(text)` shows what went wrong. */
export async function saveAsTest(platform, toast) {
  const address = new URL(`../api/${encodeURIComponent(platform)}/test`, import.meta.url);
  const test = await asked(address, "GET");
  if (!test.source) {
    toast(test.error ?? "there is no test to save");
    return;
  }
  const summary = h("p", { role: "status" });
  const source = h("pre", { class: "json test-source", tabindex: "0", "aria-label": "The test" });
  const show = ({ source: text, steps }) => {
    fill(summary, steps ? `${steps} ${steps === 1 ? "step" : "steps"} since the recording began. Put the file beside the bot's and run pytest.` : "Nothing was done yet: write to the bot, click, fill in forms, then come back.");
    source.textContent = text;
  };
  const button = (label, kind, click) => h("button", { type: "button", class: `button ${kind}`, on: { click } }, label);
  const copy = button("Copy", "", async () => {
    await navigator.clipboard.writeText(source.textContent ?? "");
    fill(summary, "Copied.");
  });
  const again = button("Start over", "", async () => {
    const begun = await asked(address, "DELETE");
    if (begun.ok) show(await asked(address, "GET"));
    else toast(begun.error ?? "that did not work");
  });
  const dialog = h("dialog", { class: "dialog saving", "aria-labelledby": "saving-title" },
    h("form", { method: "dialog" },
      h("div", { class: "dialog-head" }, h("h2", { id: "saving-title" }, "Save as test")),
      h("div", { class: "dialog-body" }, summary, source),
      h("div", { class: "dialog-foot" },
        again, copy,
        button("Download", "primary", () => download(test.name, source.textContent ?? "")),
        h("button", { class: "button", value: "close" }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  show(test);
  document.body.append(dialog);
  dialog.showModal();
}

async function asked(address, method) {
  try {
    const response = await fetch(address, { method });
    return await response.json();
  } catch {
    return { error: "the gateway cannot be reached" };
  }
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/x-python" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
