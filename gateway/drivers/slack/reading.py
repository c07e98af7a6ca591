"""What a person reads in the emulated Slack."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any, TypeVar

from gateway.emulators.slack.elements import options
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import TASK_ICONS

T = TypeVar("T")
Message = dict[str, Any]
BOLD = re.compile(r"\*([^*\n]+)\*")
"""What is bold in Slack's own markup."""


def shown(message: Message) -> str:
    """Return the text of a message: of its blocks where it has them, else its own."""
    parts = [_block(block) for block in message.get("blocks") or ()]
    return "\n\n".join(part for part in parts if part) or message.get("text", "")


def _block(block: Message) -> str:
    if block["type"] == "markdown":
        return str(block["text"])
    if block["type"] == "section":
        return str((block.get("text") or {}).get("text", ""))
    if block["type"] == "table":
        return "\n".join(" | ".join(_cell(cell) for cell in row) for row in block["rows"])
    return ""


def _cell(cell: Message) -> str:
    if "text" in cell:
        return str(cell["text"])
    return "".join(part.get("text", "") for section in cell.get("elements", ()) for part in section.get("elements", ()))


def cards(message: Message) -> tuple[str, ...]:
    """Return what each card of a message says, as lines."""
    return tuple(
        unescape(
            "\n".join([block["title"]["text"], *(line for child in block["child_blocks"] for line in _lines(child))])
        )
        for block in message.get("blocks") or ()
        if block["type"] == "container" and not block.get("is_collapsible")
    )


def _lines(child: Message) -> list[str]:
    if child["type"] == "image":
        return [str(child["image_url"])]
    facts = [field["text"].partition("\n") for field in child.get("fields", ())]
    text = BOLD.sub(r"**\1**", (child.get("text") or {}).get("text", ""))
    return ([text] if text else []) + [f"{name.strip('*')}: {value}" for name, _, value in facts]


def plan(message: Message) -> tuple[str, ...]:
    """Return the lines of a message's plan: its title, then each task with the icon of its state."""
    for block in message.get("blocks") or ():
        if block["type"] == "plan":
            return (str(block["title"]), *(_task(task) for task in block["tasks"]))
        if block["type"] == "container" and block.get("is_collapsible"):
            rows = [text["text"] for child in block["child_blocks"] for text in child["elements"]]
            return (str(block["title"]["text"]), *unescape("\n".join(rows)).split("\n"))
    found = [_task(block) for block in message.get("blocks") or () if block["type"] == "task_card"]
    return ("", *found) if found else ()


def _task(card: Message) -> str:
    """Return a card on one line: arrows for its depth, icon, title, what went in and what came out."""
    title = str(card["title"]).lstrip("↳ ")
    depth = str(card["title"])[: -len(title)]
    said = " → ".join(_rich(card[name]) for name in ("details", "output") if card.get(name))
    return f"{depth}{TASK_ICONS[card['status']]} {title}{': ' if said else ''}{said}"


def _rich(entity: Message) -> str:
    found: list[str] = []
    for part in entity["elements"]:
        words = "".join(each["text"] for each in part["elements"])
        found.append(f"`{words}`" if part["type"] == "rich_text_preformatted" else words)
    return " ".join(" ".join(found).split())


def menus(message: Message) -> tuple[tuple[str, ...], ...]:
    """Return the labels of the options of each menu of a message."""
    return tuple(
        tuple(option["text"]["text"] for option in options(element))
        for block in message.get("blocks") or ()
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "static_select"
    )


def from_bot(slack: SlackEmulator, channel: str, thread: str | None = None) -> list[Message]:
    """Return the bot's messages, oldest first."""
    mine = slack.team.bot.bot_id
    return [m for m in slack.messages(channel, thread) if m.get("bot_id") == mine and not m.get("ephemeral_for")]


def texts(slack: SlackEmulator, channel: str, thread: str | None = None) -> list[str]:
    """Return what the bot said, oldest first; streams that are still running are left out."""
    return [shown(m).strip() for m in from_bot(slack, channel, thread) if not m.get("streaming")]


async def eventually(look: Callable[[], Awaitable[T]], *, timeout: float = 8) -> T:
    """Wait for the first true value of an async look at something that announces no change."""
    async with asyncio.timeout(timeout):
        while not (found := await look()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return found


def buttons(message: Message) -> list[str]:
    """Return the labels of a message's buttons."""
    return [
        element["text"]["text"]
        for block in message.get("blocks") or ()
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button"
    ]


async def said(
    slack: SlackEmulator, channel: str, wanted: str, *, thread: str | None = None, timeout: float = 8
) -> Message:
    """Wait until the bot has said something that contains this; return the message."""

    def look() -> Message | None:
        return next(
            (m for m in from_bot(slack, channel, thread) if wanted in shown(m) and not m.get("streaming")), None
        )

    try:
        found = await slack.wait_for(look, timeout)
    except TimeoutError:
        raise AssertionError(f"the bot did not say {wanted!r}, but {texts(slack, channel, thread)}") from None
    assert found is not None
    return found
