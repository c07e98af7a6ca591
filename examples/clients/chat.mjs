// Talks to the bot from Node: a streamed conversation, and what was kept of it.
//
//   GATEWAY_API_KEYS=a-long-random-key gateway run bot.py
//   GATEWAY_API_KEY=a-long-random-key node chat.mjs "Good morning" "Zoë"
//
// The second message goes into the same thread: where the bot asked something, it is the answer.
// Node 20 or newer; no packages.

const url = process.env.GATEWAY_URL ?? "http://127.0.0.1:8000";
const key = process.env.GATEWAY_API_KEY;

/** Make a request, with a body as POST, and return the answer. */
async function call(path, { secret = key, body } = {}) {
  const answer = await fetch(`${url}${path}`, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer;
}

/** Yield the events of a streamed answer as they arrive. */
async function* events(answer) {
  let rest = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
  }
}

/** Send a message, into a new thread where there is none yet, print what the bot says to it, and return the thread. */
async function say(secret, text, thread) {
  const input = { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
  const body = thread
    ? { type: "threads.add_user_message", params: { thread_id: thread, input } }
    : { type: "threads.create", params: { input } };
  for await (const event of events(await call("/v1/chatkit/conversation", { secret, body }))) {
    if (event.type === "thread.created") thread = event.thread.id;
    if (event.type === "thread.item.updated") process.stdout.write(event.update.delta ?? "");
    if (event.type === "thread.item.done" && event.item.type === "assistant_message") console.log();
    if (event.type === "notice") console.log(`-- notice: ${event.message}`);
    if (event.type === "error") console.log(`-- the bot failed: ${event.message ?? event.code}`);
  }
  return thread;
}

const body = { user: "ada", workflow: { id: "bot" } };
const session = await (await call("/v1/chatkit/sessions", { body })).json();
const messages = process.argv.slice(2);
let thread;
for (const text of messages.length ? messages : ["Hello"]) {
  thread = await say(session.client_secret, text, thread);
}
console.log(`-- thread ${thread}`);
const items = await (await call(`/v1/chatkit/threads/${thread}/items?order=asc&limit=100`)).json();
for (const { type, content = [] } of items.data) console.log(`${type}: ${content.map((part) => part.text).join(" ")}`);
