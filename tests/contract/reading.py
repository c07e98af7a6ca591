"""What a person reads of the bot, and waiting for it."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.contract.world import Person, Place, Post, Said, World

T = TypeVar("T")

TASK = re.compile(r"[ •*↳-]*(?P<task>[⚪⏳✅❌] .*)")
"""A line of a plan, in the text or drawn natively."""
ESCAPED = re.compile(r"\\([\\`*_~\[\]|<>#])")
TOOK = re.compile(r" \((?:\d+ ms|[\d.]+ s|\d+ min \d+ s)\)")
"""How long a task took."""


def _place(where: Post | Place) -> Place:
    return where.place if isinstance(where, Post) else where


def texts(world: World, where: Post | Place) -> list[str]:
    """Return what the bot said in a conversation, oldest first; running streams and files alone are left out."""
    return [message.text for message in world.said(_place(where)) if message.text and not message.streaming]


def shown(said: Said) -> str:
    """Return what a person reads of a message: its text and its cards."""
    return "\n".join(each for each in (said.text, *said.cards) if each)


async def reads(world: World, where: Post | Place, wanted: str, *, timeout: float = 10) -> Said:
    """Wait until the bot has said something that contains this, and has ended saying it; return the newest such
    message."""

    def look() -> Said | None:
        found = [each for each in world.said(_place(where)) if wanted in each.text and not each.streaming]
        return found[-1] if found else None

    return await _waited(world, look, timeout, f"did not say {wanted!r}", where)


async def shows(world: World, where: Post | Place, *buttons: str, timeout: float = 10) -> Said:
    """Wait until the newest message with text has exactly these buttons; return the message."""

    def look() -> Said | None:
        found = [each for each in world.said(_place(where)) if each.text and not each.streaming]
        return found[-1] if found and found[-1].buttons == buttons else None

    return await _waited(world, look, timeout, f"does not show {buttons}", where)


def plan_of(message: Said) -> list[str]:
    """The tasks of a message's plan, drawn natively or as a list in the text, each without what stands in front of its
    icon."""
    lines = message.plan or message.text.split("\n")
    found = [TASK.fullmatch(line) for line in lines]
    return [ESCAPED.sub(r"\1", line["task"]) for line in found if line is not None]


def plan_words(message: Said) -> str:
    """All words of a message and its plan: the status of the plan is among them."""
    return "\n".join([message.text, *message.plan])


def plans(world: World, where: Post | Place) -> list[Said]:
    """The messages of a conversation that show a plan, oldest first."""
    return [message for message in world.said(_place(where)) if plan_of(message)]


async def planned(world: World, where: Post | Place, *wanted: str, timeout: float = 20) -> Said:
    """Wait until a message shows a plan of just these tasks, each as ``✅ title: input → output``; the newest such
    message. How long a task took, and what stands between its parts, is the platform's own."""

    def look() -> Said | None:
        found = [each for each in plans(world, where) if _reads(plan_of(each), wanted)]
        return found[-1] if found else None

    return await _waited(world, look, timeout, f"does not show the plan {wanted}", where)


def _reads(tasks: list[str], wanted: Sequence[str]) -> bool:
    if len(tasks) != len(wanted):
        return False
    for task, one in zip(tasks, wanted, strict=True):
        title, _, said = one.partition(": ")
        if not task.startswith(title) or any(part not in task for part in said.split(" → ")):
            return False
    return True


async def hears(world: World, wanted: str, where: Post | Place, *, person: Person = "Ada", timeout: float = 10) -> None:
    """Wait until a person was told something that contains this: alone where the platform can do so, else in the
    conversation."""

    def look() -> bool:
        return any(wanted in text for text in [*world.told(person), *texts(world, where)])

    await _waited(world, look, timeout, f"told {person} nothing of {wanted!r}", where)


async def counted(world: World, where: Post | Place, count: int, *, timeout: float = 20) -> list[str]:
    """Wait until the bot has said so many messages; return their texts."""
    await _waited(world, lambda: len(texts(world, where)) >= count, timeout, f"did not say {count} things", where)
    return texts(world, where)


async def settled(world: World, where: Post | Place) -> None:
    """Wait until no native stream is open in a conversation."""

    def look() -> bool:
        return not any(message.streaming for message in world.said(_place(where)))

    await _waited(world, look, 20, "goes on streaming", where)


async def _waited(world: World, look: Callable[[], T | None], timeout: float, complaint: str, where: Post | Place) -> T:
    try:
        found = await world.wait_for(look, timeout)
    except TimeoutError:
        said = world.said(_place(where))
        raise AssertionError(f"the bot {complaint}; it said {said}, and told Ada {world.told()}") from None
    assert found is not None
    return found
