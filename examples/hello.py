"""The demo bot: it streams, shows its steps with a table and a chart, ticks off tasks, asks, takes a file, has settings
and remembers.

Run it with `make demo` (no token needed) or `gateway run examples/hello.py`.
"""

import struct
import zlib
from pathlib import Path

import gateway as cl
from gateway.input_widget import Select, Slider

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

VISITS = {"Monday": 128, "Tuesday": 172, "Wednesday": 149, "Thursday": 231, "Friday": 196}
COLOURS = {"blue": (54, 112, 214), "green": (46, 150, 90), "orange": (226, 128, 40)}
SETTINGS = {"colour": "blue", "speed": 30}


@cl.on_chat_start
async def start():
    cl.user_session.set("messages", 0)
    name = cl.context.user.display_name or "there"
    await cl.Message(
        f"Hello {name}! Say **stream**, **report**, **tasks**, **ask**, **file**, or anything at all.",
        actions=[
            cl.Action(name="stream", label="Show me a stream"),
            cl.Action(name="report", label="Make a report"),
            cl.Action(name="ask", label="Ask me something"),
        ],
    ).send()
    await cl.ChatSettings(
        [
            Select(id="colour", label="Colour of charts", values=list(COLOURS), initial_value=SETTINGS["colour"]),
            Slider(id="speed", label="Words a second in streams", initial=SETTINGS["speed"], min=5, max=100, step=5),
        ]
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
    elif "report" in words:
        await report()
    elif "tasks" in words:
        await work_off("Test", "Build", "Roll out")
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


@cl.action_callback("report")
async def on_report(action: cl.Action):
    await action.remove()
    await report()


@cl.action_callback("ask")
async def on_ask(action: cl.Action):
    await action.remove()
    await ask()


@cl.on_feedback
async def on_feedback(feedback: cl.Feedback):
    print("feedback:", "up" if feedback.value else "down", feedback.comment or "")


@cl.on_settings_update
async def on_settings(settings: dict):
    await cl.Message(f"Charts are {settings['colour']} now, streams have {settings['speed']} words a second.").send()


@cl.on_stop
async def on_stop():
    await cl.Message("Stopped. What shall I do instead?").send()


def setting(id: str):
    return (cl.user_session.get("chat_settings") or SETTINGS)[id]


async def stream():
    answer = cl.Message()
    for word in STORY.split(" "):
        await answer.stream_token(word + " ")
        await cl.sleep(1 / setting("speed"))
    await answer.send()


@cl.step(type="tool", show_input=True)
async def look_up(table: str):
    await cl.sleep(0.6)
    return f"{len(VISITS)} days"


async def report():
    await look_up("visits")
    async with cl.Step(name="draw", type="tool") as step:
        chart = bar_chart(list(VISITS.values()), COLOURS[setting("colour")])
        step.output = f"{len(chart)} bytes"
    rows = "\n".join(f"| {day} | {count} |" for day, count in VISITS.items())
    await cl.Message(
        f"**{sum(VISITS.values())} visits** this week, most of them on {max(VISITS, key=VISITS.get)}:\n\n"
        f"| day | visits |\n|---|---:|\n{rows}",
        elements=[cl.Image(name="visits.png", content=chart)],
    ).send()


async def work_off(*titles: str):
    tasks = cl.TaskList([cl.Task(title) for title in titles], status="Running ...")
    await tasks.send()
    for task in tasks.tasks:
        task.status = cl.TaskStatus.RUNNING
        await tasks.update()
        await cl.sleep(0.6)
        task.status = cl.TaskStatus.DONE
    tasks.status = "Done"
    await tasks.update()


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
        await work_off("Test", "Build", "Roll out")
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


def bar_chart(values: list[int], colour: tuple[int, int, int], width: int = 480, height: int = 120) -> bytes:
    """Draw a PNG without a library; a real bot hands a figure to `cl.Plotly` or `cl.Pyplot`."""
    bar, gap = bytes(colour), b"\xff\xff\xff"
    slot = width // len(values)
    rows = b""
    top = max(values) * 1.05
    for level in range(height, 0, -1):  # from the top; each row of a PNG begins with the number of its filter
        filled = [value * height >= level * top for value in values]
        rows += b"\0" + b"".join((bar if full else gap) * (slot - 12) + gap * 12 for full in filled)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", slot * len(values), height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
