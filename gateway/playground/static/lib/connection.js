// One platform's line to the server: events in (reconnecting), actions out.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

export class Connection {
  /** `handlers`: snapshot(data), change(entry), state("connecting" | "open" | "lost"). */
  constructor(platform, handlers) {
    this.base = new URL(`../../api/${encodeURIComponent(platform)}`, import.meta.url).href;
    this.handlers = handlers;
    this.wait = FIRST_WAIT;
    this.closed = false;
    this.open();
  }

  open() {
    const source = (this.source = new EventSource(`${this.base}/events`));
    source.addEventListener("snapshot", (event) => {
      this.wait = FIRST_WAIT;
      this.handlers.state("open");
      this.handlers.snapshot(JSON.parse(event.data));
    });
    source.addEventListener("change", (event) => this.handlers.change(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // The browser's own retry gives up on an HTTP error, so retrying is ours. Every new stream starts with a snapshot.
      source.close();
      if (this.closed) return;
      this.handlers.state("lost");
      this.timer = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    });
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
  }

  /** Does what a person does. Always returns {ok, …}; a failure to reach the server is one more `error`. */
  async act(action) {
    try {
      const response = await fetch(`${this.base}/act`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(action),
      });
      const type = response.headers.get("content-type") ?? "";
      if (type.startsWith("application/json")) return await response.json();
      return { ok: false, error: (await response.text()) || `the server answered ${response.status}` };
    } catch {
      return { ok: false, error: "the gateway cannot be reached" };
    }
  }
}
