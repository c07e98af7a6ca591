"""A thread as a page shows it that stays open: it follows the thread's events, and comes back when a stream ends."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple

import httpx

from gateway.model import TASK_ICONS
from tests.chatkit.client import Client, Thread
from tests.contract.world import Place, Said

RETRY = 0.05
"""Seconds after which an ended stream is asked for again, as a browser's EventSource does."""
LEAVE_WITHIN = 0.5
"""Seconds that a page which is closed gets to end its request; a stream that is open for longer is broken off."""

_FILE = re.compile(r"!?\[(?P<name>(?:\\.|[^\]\\])*)\]\(<(?P<url>[^>]+)>\)")
"""A line that is a file of the bot."""
_ICONS = {"none": TASK_ICONS["pending"], "loading": TASK_ICONS["in_progress"], "complete": TASK_ICONS["complete"]}
_FAILED = TASK_ICONS["error"]


class GivenFile(NamedTuple):
    """A file that the bot gave."""

    name: str
    url: str


class View(Thread):
    """A thread, and what of it is still being written."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self.writing: set[str] = set()
        """Ids of the items that were begun and not ended."""
        self._changed = changed
        self._asked = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self._leaving = False

    def apply(self, event: dict[str, Any]) -> None:
        super().apply(event)
        match event["type"]:
            case "thread.item.added" if event["item"]["type"] == "assistant_message":
                self.writing.add(event["item"]["id"])
            case "thread.item.done" | "thread.item.replaced":
                self.writing.discard(event["item"]["id"])
            case "thread.item.removed":
                self.writing.discard(event["item_id"])
        self._changed()

    # Following it

    def follow(self, client: Client, first: AsyncGenerator[tuple[str | None, dict[str, Any]]] | None = None) -> None:
        """Follow the thread in the background, first by a stream that is open already."""
        self._following = asyncio.create_task(self._follow(client, first))

    def ask(self) -> None:
        """Ask for events now rather than in a moment."""
        self._asked.set()

    async def leave(self) -> None:
        """Close the page. Fails where an event was none of the protocol."""
        if self._following is not None:
            # It ends by itself between two requests: one that is cancelled while it connects leaves its socket open.
            self._leaving = True
            self.ask()
            await asyncio.wait([self._following], timeout=LEAVE_WITHIN)
            self._following.cancel()
            await asyncio.wait([self._following])
            if not self._following.cancelled() and (error := self._following.exception()):
                raise error

    async def _follow(self, client: Client, first: AsyncGenerator[tuple[str | None, dict[str, Any]]] | None) -> None:
        lost = False
        while not self._leaving:
            try:
                if lost:
                    await self._reload(client)
                    lost = False
                if first is not None:
                    async for id, event in first:
                        self.last_id = id or self.last_id
                        self.apply(event)
                else:
                    await client.resume(self)
            except httpx.HTTPStatusError as error:
                if error.response.status_code == 404:
                    self.items.clear()  # it was deleted, or expired
                    self.writing.clear()
                    self._changed()
                lost = True
            except httpx.TransportError:
                lost = True
            first = None
            self._asked.clear()
            try:
                async with asyncio.timeout(RETRY):
                    await self._asked.wait()
            except TimeoutError:
                continue

    async def _reload(self, client: Client) -> None:
        """Take the items as they stand, since what became of them meanwhile may have been missed."""
        items: dict[str, dict[str, Any]] = {}
        after: dict[str, Any] = {}
        while True:
            answer = await client.ask("items.list", thread_id=self.id, order="asc", limit=100, **after)
            answer.raise_for_status()
            page = answer.json()
            items |= {item["id"]: item for item in page["data"]}
            if not page["has_more"]:
                break
            after = {"after": page["data"][-1]["id"]}
        self.items = items
        self.writing.clear()
        self._changed()

    # What a person reads

    def messages(self, place: Place) -> list[Said]:
        """Return the messages of the bot, oldest first."""
        found: dict[str, list[dict[str, Any]]] = {}
        for item in self.items.values():
            if item["type"] != "user_message":
                found.setdefault(item["id"].partition("-")[0], []).append(item)
        return [self._said(id, items, place) for id, items in found.items()]

    def links(self) -> list[GivenFile]:
        """Return the files that the bot gave, in order."""
        return [link for text in self.said for link in _links(text)]

    def _said(self, id: str, items: list[dict[str, Any]], place: Place) -> Said:
        texts = [part["text"] for item in items if item["type"] == "assistant_message" for part in item["content"]]
        text = "".join(texts)
        words = "\n".join(line for line in text.split("\n") if not _FILE.fullmatch(line))
        widgets = [item["widget"] for item in items if item["type"] == "widget"]
        return Said(
            id=id,
            place=place,
            text=words.strip(),
            buttons=tuple(each["label"] for widget in widgets for each in widget["children"]),
            files=tuple(link.name for link in _links(text)),
            streaming=any(item["id"] in self.writing for item in items),
            plan=tuple(line for item in items if item["type"] == "workflow" for line in _plan(item["workflow"])),
        )


def _links(text: str) -> list[GivenFile]:
    found = [match for line in text.split("\n") if (match := _FILE.fullmatch(line))]
    return [GivenFile(re.sub(r"\\(.)", r"\1", match["name"]), match["url"]) for match in found]


def _plan(workflow: dict[str, Any]) -> list[str]:
    summary = workflow["summary"]
    return [*([summary["title"]] if summary else []), *(_task(task) for task in workflow["tasks"])]


def _line(text: str) -> str:
    """Return a text in one line, without the fences of a block of code."""
    return " ".join(" ".join(line for line in text.split("\n") if not line.startswith("```")).split())


def _task(task: dict[str, Any]) -> str:
    title = task["title"].lstrip("\N{EM SPACE}")
    icon = "" if title.startswith(_FAILED) else f"{_ICONS[task['status_indicator']]} "
    said = " → ".join(_line(part) for part in (task["content"] or "").split("\n\n"))
    return f"{icon}{title}{': ' if said else ''}{said}"
