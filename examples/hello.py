"""The demo bot: it streams, asks with buttons, takes a file and remembers.

Run it with `make demo` (no token needed) or `gateway run examples/hello.py`.
"""

from pathlib import Path

import gateway as cl

STORY = """Here is what I am made of, streamed word by word:

1. **One Python file** with a few decorated functions, the same for Slack, Discord and Teams.
2. **Sessions** that outlive a restart: I know how many messages you sent me.
3. **Asks** that wait for you, even if I am killed meanwhile.

```python
import gateway as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
```

| what | where it lives |
|---|---|
| your message | in the inbox, before the platform hears "ok" |
| this answer | on the platform, once |
"""


@cl.on_chat_start
async def start():
    cl.user_session.set("messages", 0)
    name = cl.context.user.display_name or "there"
    await cl.Message(
        f"Hello {name}! Say **stream**, **ask**, **file**, or anything at all.",
        actions=[cl.Action(name="stream", label="Show me a stream"), cl.Action(name="ask", label="Ask me something")],
    ).send()


@cl.on_message
async def main(message: cl.Message):
    count = cl.user_session.get("messages", 0) + 1
    cl.user_session.set("messages", count)

    words = message.content.lower()
    if message.elements:  # somebody attached files
        await describe(message.elements)
    elif "stream" in words:
        await stream()
    elif "ask" in words:
        await ask()
    elif "file" in words:
        await take_file()
    else:
        await cl.Message(f"You said: {message.content}\n\n_That was message {count} of this conversation._").send()


@cl.action_callback("stream")
async def on_stream(action: cl.Action):
    await action.remove()
    await stream()


@cl.action_callback("ask")
async def on_ask(action: cl.Action):
    await action.remove()
    await ask()


@cl.on_feedback
async def on_feedback(feedback: cl.Feedback):
    print("feedback:", "up" if feedback.value else "down", feedback.comment or "")


@cl.on_stop
async def on_stop():
    await cl.Message("Stopped. What shall I do instead?").send()


async def stream():
    answer = cl.Message()
    for word in STORY.split(" "):
        await answer.stream_token(word + " ")
        await cl.sleep(0.03)  # about as fast as a model
    await answer.send()


async def ask():
    pick = await cl.AskActionMessage(
        "Shall I deploy to production?",
        actions=[
            cl.Action(name="yes", payload={"deploy": True}, label="✅ Deploy"),
            cl.Action(name="no", payload={"deploy": False}, label="❌ Not today"),
        ],
        timeout=600,
    ).send()
    if pick is None:  # nobody answered in time
        return
    if not pick["payload"]["deploy"]:
        await cl.Message("Fine, not today.").send()
        return
    release = await cl.AskUserMessage("What is in this release?", timeout=600).send()
    if release:
        await cl.Message(f"Deployed: _{release['output']}_ 🚀").send()


async def take_file():
    files = await cl.AskFileMessage(
        "Please send me a text file.", accept={"text/plain": [".txt", ".md", ".csv"]}, timeout=600
    ).send()
    if files:
        file = files[0]
        text = await cl.make_async(Path(file.path).read_text)(encoding="utf-8", errors="replace")
        await cl.Message(
            f"`{file.name}` has {len(text.split())} words. Here it is in capitals:",
            elements=[cl.File(name=f"LOUD-{file.name}", content=text.upper())],
        ).send()


async def describe(elements: list[cl.Element]):
    lines = [f"- `{element.name}` ({element.mime}, {element.size:,} bytes)" for element in elements]
    await cl.Message("Thank you, I got:\n" + "\n".join(lines)).send()
