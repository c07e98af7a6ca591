"""The code in the documents runs as it stands there."""

import re
import textwrap
from pathlib import Path

import pytest

from adapters.slack.limits import CAPABILITIES
from gateway.drivers.slack.reading import from_bot, said, shown, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.loading import load_bot
from tests.contract.reading import planned
from tests.contract.world import Place
from tests.slack.world import SlackWorld
from tests.support.bot import running_bot

ROOT = Path(__file__).resolve().parents[2]


def blocks(document: str) -> list[str]:
    """A document's Python blocks."""
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE)


def block(document: str, *words: str) -> str:
    """The one Python block of a document that contains all of these."""
    (found,) = (each for each in blocks(document) if all(word in each for word in words))
    return found


def bot_file(folder: Path, source: str) -> Path:
    path = folder / "documented.py"
    path.write_text(source)
    return path


def handler(body: str) -> str:
    """A bot whose handler is this code, between two messages."""
    return "\n".join(
        [
            "import gateway as cl",
            "async def model():",
            "    for token in ('to', 'ken'): yield token",
            "@cl.on_message",
            "async def main(received: cl.Message):",
            textwrap.indent(body, "    "),
            "    await cl.Message(f'done: {locals()}').send()",
        ]
    )


async def test_the_readmes_first_bot_counts(slack: SlackEmulator, tmp_path: Path) -> None:
    first, *_ = blocks("README.md")
    assert len(first.splitlines()) <= 10
    async with running_bot(slack, load_bot(bot_file(tmp_path, first)), tmp_path):
        await slack.post(slack.dm.id, "hello")
        await said(slack, slack.dm.id, "Message 1: hello")
        await slack.post(slack.dm.id, "again")
        await said(slack, slack.dm.id, "Message 2: again")


async def test_messages_as_the_handlers_page_shows_them(slack: SlackEmulator, tmp_path: Path) -> None:
    messages, *_ = blocks("docs/handlers.md")
    async with running_bot(slack, load_bot(bot_file(tmp_path, handler(messages))), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "done")
    assert [text for text in texts(slack, slack.dm.id) if not text.startswith("done")] == ["token"]
    assert len(slack.calls_to("chat.update")) == 1
    assert len(slack.calls_to("chat.delete")) == 1


async def test_a_card_as_the_handlers_page_shows_it(slack: SlackEmulator, tmp_path: Path) -> None:
    ticket = block("docs/handlers.md", "cl.CustomElement(", "The ticket:")
    async with running_bot(slack, load_bot(bot_file(tmp_path, handler(ticket))), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "done")
    assert len([text for text in texts(slack, slack.dm.id) if "The ticket:" in text]) == 1
    assert slack.calls_to("chat.update")


async def test_buttons_as_the_handlers_page_shows_them(slack: SlackEmulator, tmp_path: Path) -> None:
    buttons = block("docs/handlers.md", 'action_callback("deploy")')
    async with running_bot(slack, load_bot(bot_file(tmp_path, f"import gateway as cl\n\n{buttons}")), tmp_path):
        root = await slack.post("general", "@gateway go")
        question = await said(slack, "general", "Deploy?", thread=root)
        await slack.click("general", question["ts"], label="Deploy")
        await said(slack, "general", "Deploying to prod", thread=root)


async def test_asks_as_the_handlers_page_shows_them(slack: SlackEmulator, tmp_path: Path) -> None:
    asks = block("docs/handlers.md", "AskUserMessage(", "AskFileMessage(")
    async with running_bot(slack, load_bot(bot_file(tmp_path, handler(asks))), tmp_path):
        root = await slack.post("general", "@gateway go")
        await said(slack, "general", "Your name?", thread=root)
        await slack.post("general", "Ada", thread_ts=root)
        question = await said(slack, "general", "Deploy?", thread=root)
        await slack.click("general", question["ts"], label="Yes")
        await said(slack, "general", "A text file, please", thread=root)
        await slack.post("general", "", thread_ts=root, files=[("a.txt", b"abc", "text/plain")])
        order = await said(slack, "general", "Please confirm", thread=root)
        await slack.click("general", order["ts"], label="Submit")
        await said(slack, "general", "done", thread=root)
    report = shown(from_bot(slack, "general", root)[-1])
    assert "'output': 'Ada'" in report
    assert "'payload': {'go': True}" in report
    assert "a.txt" in report
    assert "'submitted': True" in report


STEP_PARTS = """
import gateway as cl
class index:
    async def find(query): return f"hits for {query}"
class payments:
    async def charge(order, cents): return {"order": order, "cents": cents}
async def model(hits):
    for token in ("from ", hits): yield token
"""


async def test_steps_as_the_handlers_page_shows_them(slack: SlackEmulator, tmp_path: Path) -> None:
    steps = block("docs/handlers.md", "async with cl.Step(")
    async with running_bot(slack, load_bot(bot_file(tmp_path, STEP_PARTS + steps)), tmp_path):
        await slack.post(slack.dm.id, "tea")
        await slack.wait_for(lambda: "from hits for tea" in texts(slack, slack.dm.id))
        await planned(
            SlackWorld(slack), Place(slack.dm.id), "✅ search: hits for tea", "✅ model: hits for tea → from hits"
        )


async def test_once_as_the_handlers_page_shows_it(slack: SlackEmulator, tmp_path: Path) -> None:
    once = block("docs/handlers.md", "once=True")
    main = """
@cl.on_message
async def main(message):
    await cl.Message(f"{await charge('tea', 250)}").send()
"""
    async with running_bot(slack, load_bot(bot_file(tmp_path, STEP_PARTS + once + main)), tmp_path):
        await slack.post(slack.dm.id, "go")
        await slack.wait_for(lambda: "{'order': 'tea', 'cents': 250}" in texts(slack, slack.dm.id))


async def test_a_task_list_as_the_handlers_page_shows_it(slack: SlackEmulator, tmp_path: Path) -> None:
    tasks = block("docs/handlers.md", "cl.TaskList(")
    async with running_bot(slack, load_bot(bot_file(tmp_path, handler(tasks))), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "done")
        await planned(SlackWorld(slack), Place(slack.dm.id), "✅ Processing data")


@pytest.mark.parametrize(
    ("size", "said_"), [(9, "The report"), (1 + CAPABILITIES.file_size_limit, "The report is too large")]
)
async def test_errors_as_the_handlers_page_shows_them(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, said_: str
) -> None:
    (errors,) = (block for block in blocks("docs/handlers.md") if "except cl." in block)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "report.pdf").open("wb") as report:
        report.truncate(size)  # a hole: it takes no room on the disk
    async with running_bot(slack, load_bot(bot_file(tmp_path, handler(errors))), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, said_)
        await said(slack, slack.dm.id, "done")
