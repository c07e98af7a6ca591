// Talks to the bot from Node: a ChatKit session, a streamed answer, and what was said.
//
//   GATEWAY_URL=http://127.0.0.1:8000 GATEWAY_API_KEY=... node chat.mjs "Hello"
//
// Start the bot with the key in GATEWAY_API_KEYS. Node 20 or newer; no packages.

const url = process.env.GATEWAY_URL ?? "http://127.0.0.1:8000";
const key = process.env.GATEWAY_API_KEY;

async function call(path, { secret = key, body, ...more } = {}) {
  const answer = await fetch(`${url}${path}`, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
    ...more,
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer;
}

/** Yield the events of a stream. */
async function* events(answer) {
  let rest = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
  }
}

const text = process.argv.slice(2).join(" ") || "Hello";
const session = await (
  await call("/v1/chatkit/sessions", { body: { user: "ada", workflow: { id: "bot" } } })
).json();
const message = { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
const stream = await call("/v1/chatkit/conversation", {
  secret: session.client_secret,
  body: { type: "threads.create", params: { input: message } },
});
let thread;
for await (const event of events(stream)) {
  if (event.type === "thread.created") thread = event.thread.id;
  else if (event.type === "thread.item.updated") process.stdout.write(event.update.delta ?? "");
  else if (event.type === "error") console.log(`the bot failed: ${event.message}`);
}
console.log(`\n-- thread ${thread}`);
const { data } = await (await call(`/v1/chatkit/threads/${thread}/items?order=asc`)).json();
for (const item of data) console.log(`${item.type}: ${(item.content ?? []).map((part) => part.text)}`);
