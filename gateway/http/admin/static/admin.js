// Shows times in the zone of whoever looks, and keeps the page up to date. Without this script the pages work too.

const EVERY = 5_000; // milliseconds between two looks at the same page
const AWAY = 20_000; // the same, while the gateway does not answer

const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** @param {ParentNode} within */
function localTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = shown.format(at);
  }
}

/** Whether somebody is in the middle of something in the page that a new one would take away. */
function isInUse(main) {
  const active = document.activeElement;
  const selection = document.getSelection();
  return (
    (active instanceof HTMLInputElement && main.contains(active)) ||
    main.querySelector("input[type=checkbox]:checked") !== null ||
    (selection !== null && !selection.isCollapsed && main.contains(selection.anchorNode))
  );
}

/** Put a new page's content in the place of the old one's. What was unfolded stays so, and so does the place. */
function replace(main, fresh) {
  const open = [...main.querySelectorAll("details")].map((each) => each.open);
  const scrolled = [...main.querySelectorAll(".scroll, .words")].map((each) => [each.scrollLeft, each.scrollTop]);
  const focused = [...main.querySelectorAll("a, button, summary, [tabindex]")].indexOf(document.activeElement);
  localTimes(fresh);
  main.replaceChildren(...fresh.childNodes);
  for (const [number, each] of [...main.querySelectorAll("details")].entries()) each.open = open[number] ?? false;
  for (const [number, each] of [...main.querySelectorAll(".scroll, .words")].entries()) {
    [each.scrollLeft, each.scrollTop] = scrolled[number] ?? [0, 0];
  }
  const again = focused < 0 ? null : [...main.querySelectorAll("a, button, summary, [tabindex]")][focused];
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/** @param {HTMLElement} main */
function live(main) {
  const sign = document.getElementById("connection");
  let before = main.innerHTML; // as the server sent it
  let paused = sessionStorage.getItem("paused") === "yes";
  let timer = 0;

  /** @param {string} state @param {string} text */
  function say(state, text) {
    if (sign === null) return;
    if (sign.dataset.state === state) return;
    sign.dataset.state = state;
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.textContent = paused ? "Go on" : "Pause";
    toggle.addEventListener("click", () => {
      paused = !paused;
      sessionStorage.setItem("paused", paused ? "yes" : "no");
      say(paused ? "paused" : "open", paused ? "Paused" : "Live");
      clearTimeout(timer);
      if (!paused) void look();
    });
    sign.replaceChildren(text, " ", toggle);
    sign.hidden = false;
  }

  async function look() {
    let wait = EVERY;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
      if (answer.status === 401) {
        location.reload(); // the page is now the form to sign in
        return;
      }
      if (!answer.ok) throw new Error(answer.statusText);
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = parsed.getElementById("main");
      if (!paused && fresh !== null && fresh.innerHTML !== before && !isInUse(main)) {
        before = fresh.innerHTML;
        replace(main, fresh);
        const foot = parsed.querySelector(".foot");
        if (foot !== null) {
          localTimes(foot);
          document.querySelector(".foot")?.replaceChildren(...foot.childNodes);
        }
      }
      if (!paused) say("open", "Live");
    } catch {
      if (!paused) say("lost", "No answer");
      wait = AWAY;
    }
    if (!paused) timer = setTimeout(next, wait);
  }

  function next() {
    if (document.hidden) {
      document.addEventListener("visibilitychange", () => void look(), { once: true });
    } else {
      void look();
    }
  }

  if (paused) say("paused", "Paused");
  else {
    say("open", "Live");
    timer = setTimeout(next, EVERY);
  }
}

/** Load the page once more if somebody is signed in after all: a browser sends no session along a link from another site. */
async function again() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const there = new URL(location.href);
  if (there.hash !== "") there.searchParams.set("again", "1"); // else the browser would only look for the place
  location.replace(there);
}

const main = document.getElementById("main");
const isLive = main !== null && main.dataset.live !== undefined;
if (isLive) live(main); // before the times are changed, which the server sends as they are
if (document.querySelector("[data-again]") !== null) void again();
localTimes(document);
document.querySelector(".tab[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
