"""Reads conversations back, and finds a message again whose receipt a crash lost."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from adapters.discord.api import Api
from adapters.discord.conversations import PARENT, TITLE, name_of, root_of
from adapters.discord.directory import Directory
from adapters.discord.envelope import lacks_names, names_in
from adapters.discord.fields import number, seconds
from adapters.discord.files import size_of, uploads
from adapters.discord.limits import PAGE
from adapters.discord.outbound import MESSAGE, MESSAGES
from adapters.discord.recent import RecentMessages
from adapters.discord.render import body, nonce
from adapters.discord.servers import Servers
from adapters.discord.threads import PostTarget, Threads
from adapters.discord.words import all_words
from adapters.fields import Json, items, obj, text
from gateway.errors import Gone
from gateway.model import ConversationRef, HistoryMessage, Outgoing, Receipt

_PAGES = 10
_STARTER = 21
"""Message type of the note at the head of a thread that stands for the message it was opened from."""
_SAID = frozenset({0, 19, 20, 23, _STARTER})
"""Types of messages that somebody wrote; the rest are Discord's own notes."""
_DELIVERY = re.compile(r"discord:[^:]*:[^:]*:(\d{15,20})(?!\d)")
"""A delivery's key (``adapters.discord.envelope``), with which the key of each of its sends begins."""
_SKEW = 60.0
"""Seconds by which our clock and Discord's may differ. A nonce decides exactly, so looking further back costs
nothing."""


class History:
    """Reads a conversation's messages from Discord, and finds among them what an earlier process sent."""

    def __init__(self, api: Api, threads: Threads, directory: Directory, recent: RecentMessages) -> None:
        self._api = api
        self._threads = threads
        self._directory = directory
        self._recent = recent
        self._servers = Servers(api, directory)

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Find the bot's message that was sent under ``key``. Where its nonce is no longer known, take the first
        message of the bot that says the same, or the beginning of it, came after what it answers, and belongs to no
        other send. A message that may belong to another send is not taken: the same words twice are better than an
        answer that never came."""
        mark = nonce(to, key)
        earliest = max(since, _asked_at(key), self._recent.since if self._recent.was_tried(mark) else 0.0)
        self._recent.doubt(mark)
        wanted = body(message)
        alike: Json | None = None
        for each in reversed(await self._messages(to, after=since - _SKEW, limit=PAGE * _PAGES)):
            if text(obj(each, "author"), "id") != self._directory.me:
                continue
            id = text(each, "id")
            known = str(each.get("nonce") or "") or self._recent.nonce(id)
            if known == mark:
                return self._receipt(to, each, message)
            free = id not in claimed and self._recent.claimed_by(id) in ("", mark)
            fresh = free and not known and seconds(id) > earliest
            if alike is None and fresh and _alike(each, wanted, len(uploads(message.files))):
                alike = each
        if alike is None:
            return None
        self._recent.claim(text(alike, "id"), mark)
        return self._receipt(to, alike, message)

    def _receipt(self, to: ConversationRef, found: Json, message: Outgoing) -> Receipt:
        channel = text(found, "channel_id")
        data: dict[str, Any] = {} if channel in ("", to.channel) else {"channel": channel}
        wanted = uploads(message.files)
        there = items(found, "attachments")
        # A re-run may send other files than those posted. No key tells which these are, so they are replaced.
        same = len(there) == len(wanted) and all(
            each.get("size") == size_of(file) for each, file in zip(there, wanted, strict=True)
        )
        if there:
            keys = [file.key for file in wanted] if same else [""] * len(there)
            data["files"] = dict(zip((text(each, "id") for each in there), keys, strict=True))
        return Receipt(to=to, id=text(found, "id"), data=data)

    async def history(self, to: ConversationRef, *, limit: int) -> list[HistoryMessage]:
        """Return the newest messages, oldest first, beginning with the message the thread was opened from."""
        limit = max(limit, 1)
        found = await self._messages(to, after=None, limit=limit)
        said = [each for each in found if number(each, "type", 0) in _SAID]
        if to.kind == "thread" and len(said) < limit and not any(_is_head(each, to) for each in said):
            said += await self._head(to)
        if any(lacks_names(each, to.workspace, self._directory) for each in said):
            await self._servers.learn_names(to.workspace)
        return [self._read(_meant(each), to) for each in reversed(said[:limit])]

    async def _head(self, to: ConversationRef) -> list[Json]:
        """Return the message a thread was opened from; none for a forum post, whose first message is in the thread
        itself."""
        known = self._directory.get(to.channel)
        parent = to.route.get(PARENT) or (known.parent if known else "")
        if not parent:
            return []
        try:
            return [await self._api.call("GET", MESSAGE, {"channel_id": parent, "message_id": to.channel})]
        except Gone:
            return []

    async def _messages(self, to: ConversationRef, *, after: float | None, limit: int) -> list[Json]:
        """Return the conversation's messages, newest first."""
        target = self._threads.known_target(to)
        if not target.reply_to:
            return await self._pages(target, after, limit)
        if TITLE in to.route:
            # The thread may exist all the same, because archived threads are not known.
            try:
                return await self._pages(PostTarget(to.channel), after, limit)
            except Gone:
                pass
        nearby = await self._pages(target, after, PAGE)
        return _replies(nearby, target.reply_to)[:limit]

    async def _pages(self, target: PostTarget, after: float | None, limit: int) -> list[Json]:
        found: list[Json] = []
        before: dict[str, str] = {}
        for _ in range(_PAGES):
            query = {"limit": str(min(limit, PAGE)), **before}
            page: list[Json] = await self._api.call("GET", MESSAGES, {"channel_id": target.channel}, query=query)
            fresh = [each for each in page if after is None or seconds(text(each, "id")) >= after]
            found += fresh
            if len(found) >= limit or len(fresh) < int(query["limit"]):
                break
            before = {"before": text(page[-1], "id")}
        return found[:limit]

    def _read(self, message: Json, to: ConversationRef) -> HistoryMessage:
        author = obj(message, "author")
        is_bot = author.get("bot") is True or bool(message.get("webhook_id"))
        names = names_in(message, to.workspace, self._directory)
        return HistoryMessage(
            id=text(message, "id"),
            author=text(author, "id") or name_of(message),
            is_bot=is_bot,
            text=all_words(message, bot="" if is_bot else self._directory.me, names=names),
            at=seconds(text(message, "id")),
        )


def _meant(message: Json) -> Json:
    """Return the message itself, or the message that the head of a thread stands for."""
    return obj(message, "referenced_message") if number(message, "type", 0) == _STARTER else message


def _is_head(message: Json, to: ConversationRef) -> bool:
    return text(_meant(message), "id") == to.channel


def _replies(messages: Sequence[Json], root: str) -> list[Json]:
    """Return the messages of a conversation that is held in a channel: the mention, the replies to it, and the replies
    to those."""
    known = {root}
    found: list[Json] = []
    for message in reversed(messages):
        if text(message, "id") == root or root_of(message) in known:
            known.add(text(message, "id"))
            found.append(message)
    return found[::-1]


def _asked_at(key: str) -> float:
    """Return when the message that a send answers was written, by Discord's clock, read from the delivery's key that
    begins ``key``; 0 if there is none."""
    found = _DELIVERY.match(key)
    return seconds(found[1]) if found else 0.0


def _alike(message: Json, wanted: Json, files: int) -> bool:
    shown, said = text(message, "content"), text(wanted, "content").strip()
    if not shown or not said:
        same = shown == said and len(items(message, "attachments")) == files
        return same and _titles(message) == _titles(wanted)
    return said.startswith(shown) or shown.startswith(said)


def _titles(message: Json) -> list[str]:
    """Return the titles of a message's embeds, without the status of a plan."""
    return [text(each, "title").partition(" · ")[0] for each in items(message, "embeds")]
