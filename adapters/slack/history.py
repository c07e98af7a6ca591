"""Reads conversations back, and tells the app's own messages and sends from everybody else's."""

import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from adapters.fields import items, obj, text
from adapters.slack.api import SlackApi
from adapters.slack.envelope import Me
from adapters.slack.render import METADATA_EVENT
from adapters.slack.threads import Threads
from adapters.slack.timestamps import seconds
from adapters.slack.uploads import size_of
from adapters.slack.words import transcript
from gateway.model import ConversationRef, HistoryMessage, OutgoingFile, Receipt

_PAGE = 200
_PAGES = 10
_THREADS = 20
"""Threads below direct messages that are read for their history."""
_SKEW = 60.0
"""Seconds by which our clock and Slack's may differ. A key decides exactly, so looking further back costs nothing."""
_NO_LETTERS = re.compile(r"[\W_]+")

Json = Mapping[str, Any]


class History:
    """Reads a conversation's messages from Slack, and finds among them what an earlier process sent."""

    def __init__(self, api: SlackApi, threads: Threads) -> None:
        self._api = api
        self._threads = threads

    async def since(self, to: ConversationRef, since: float) -> list[Json]:
        """Return the messages of a conversation from a time on (epoch seconds), oldest first."""
        return [each async for each in self._messages(to, oldest=since - _SKEW)]

    async def message(self, to: ConversationRef, channel: str, ts: str) -> Json:
        """Return one message with its metadata; an empty object if it is not there."""
        bounds = {"channel": channel, "oldest": ts, "latest": ts, "inclusive": "true", "include_all_metadata": "true"}
        thread = self._threads.of(to)
        if thread is None:
            page = await self._api.query("conversations.history", limit=1, **bounds)
        else:
            page = await self._api.query("conversations.replies", ts=thread, limit=2, **bounds)
        return next((each for each in items(page, "messages") if text(each, "ts") == ts), {})

    @staticmethod
    def is_fresh(message: Json, since: float, claimed: Collection[str]) -> bool:
        """Return whether nothing says which send a message belongs to: it is later than ``since``, carries no metadata,
        and its ``ts`` is not known to belong to another send."""
        ts = text(message, "ts")
        return not obj(message, "metadata") and ts not in claimed and seconds(ts) > since

    @staticmethod
    def goes_on(message: Json, wanted: str) -> bool:
        """Return whether a message shows the beginning of a text, or the text and more. Only letters and digits are
        compared, because Slack changes the rest."""
        shown, wanted = _letters(text(message, "text")), _letters(wanted)
        return bool(shown and wanted) and (wanted.startswith(shown) or shown.startswith(wanted))

    @staticmethod
    def files_in(messages: Sequence[Json]) -> set[str]:
        """Return the ids of the files that messages show."""
        return {text(file, "id") for each in messages for file in items(each, "files")}

    @staticmethod
    def share_of(to: ConversationRef, files: Sequence[OutgoingFile], messages: Sequence[Json]) -> Receipt | None:
        """Return the receipt of the first message that shares exactly these files, by name and size; None if there is
        none."""
        wanted = Counter((file.name, size_of(file)) for file in files)
        for each in messages:
            shared = items(each, "files")
            if Counter((text(file, "name"), file.get("size")) for file in shared) == wanted:
                left = [(file.name, size_of(file), file.key) for file in files]
                found: dict[str, str] = {}
                for file in shared:
                    match = next(known for known in left if known[:2] == (text(file, "name"), file.get("size")))
                    left.remove(match)
                    found[text(file, "id")] = match[2]
                return Receipt(to=to, id=text(each, "ts"), data={"files": found})
        return None

    async def history(self, to: ConversationRef, *, me: Me, limit: int) -> list[HistoryMessage]:
        """Return the newest messages, oldest first."""
        if to.kind == "dm" and to.thread is None:
            return [_history(message, me) for message in await self._direct(to.channel, max(limit, 1))]
        newest: deque[Mapping[str, Any]] = deque(maxlen=max(limit, 1))
        async for message in self._messages(to, enough=limit):
            newest.append(message)
        return [_history(message, me) for message in newest]

    async def _direct(self, channel: str, limit: int) -> list[Mapping[str, Any]]:
        """Return the newest direct messages, oldest first, with the answers in the threads below them, at most
        ``_THREADS`` of these."""
        heads = await self._newest(channel, None, limit)
        found = list(heads)
        threads = [text(head, "ts") for head in reversed(heads) if head.get("reply_count")]
        for thread in threads[:_THREADS]:
            page = await self._api.query("conversations.replies", channel=channel, ts=thread, limit=_PAGE)
            found += [message for message in items(page, "messages") if text(message, "ts") != thread]
            if len(found) - len(heads) >= limit:
                break
        return sorted(found, key=lambda message: text(message, "ts"))[-limit:]

    async def _messages(
        self, to: ConversationRef, *, oldest: float | None = None, enough: int = _PAGE * _PAGES
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Return the conversation's messages, oldest first, at most ``_PAGES`` pages of them.

        Of direct messages that are one conversation, the whole channel is read or, since answers there are threaded,
        the thread being answered.
        """
        thread = self._threads.of(to)
        after = f"{oldest:.6f}" if oldest is not None else None
        if thread is None:
            for message in await self._newest(to.channel, after, enough):
                yield message
            return
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._api.query(
                "conversations.replies",
                channel=to.channel,
                ts=thread,
                oldest=after,
                limit=_PAGE,
                cursor=cursor,
                include_all_metadata="true",
            )
            for message in items(page, "messages"):
                yield message
            cursor = text(obj(page, "response_metadata"), "next_cursor") or None
            if cursor is None:
                return

    async def _newest(self, channel: str, oldest: str | None, enough: int) -> list[Mapping[str, Any]]:
        """Return a channel's newest messages, oldest first; conversations.history sends the newest first."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._api.query(
                "conversations.history",
                channel=channel,
                oldest=oldest,
                limit=min(_PAGE, max(enough, 1)),
                cursor=cursor,
                include_all_metadata="true",
            )
            found += items(page, "messages")
            cursor = text(obj(page, "response_metadata"), "next_cursor") or None
            if cursor is None or len(found) >= enough:
                break
        return list(reversed(found[:enough]))


def is_own(message: Json, me: Me) -> bool:
    """Return whether the app posted a message, by its bot's user or its bot id."""
    return (bool(me.user) and text(message, "user") == me.user) or (bool(me.bot) and text(message, "bot_id") == me.bot)


def key_of(message: Json) -> str:
    """Return the key of the send that a message carries in its metadata; empty if it carries none of the gateway's."""
    return text(_payload(message), "key")


def keys_in(message: Json) -> dict[str, str]:
    """Return the keys of the files a message is to have, by Slack's ids, as its metadata lists them."""
    listed = _payload(message).get("files")
    pairs = [each.partition(" ") for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    return {id: key for id, _, key in pairs}


def _payload(message: Json) -> Json:
    about = obj(message, "metadata")
    return obj(about, "event_payload") if text(about, "event_type") == METADATA_EVENT else {}


def _letters(written: str) -> str:
    return _NO_LETTERS.sub("", written).casefold()


def _history(message: Mapping[str, Any], me: Me) -> HistoryMessage:
    bot = bool(text(message, "bot_id")) or text(message, "subtype") == "bot_message"
    return HistoryMessage(
        id=text(message, "ts"),
        author=text(message, "user") or text(message, "username") or text(message, "bot_id"),
        is_bot=bot,
        text=transcript(message, "" if bot else me.user),
        at=seconds(text(message, "ts")),
    )
