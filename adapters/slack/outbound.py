"""Messages out: send, edit, delete, and finding again what a crash lost the receipt of."""

from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from adapters.fields import items, obj, text
from adapters.slack.api import SlackApi
from adapters.slack.envelope import Me
from adapters.slack.files import Files
from adapters.slack.mrkdwn import to_markdown
from adapters.slack.render import METADATA_EVENT, content, metadata
from adapters.slack.timestamps import seconds
from gateway.errors import Forbidden, Gone, RateLimited, StreamExpired, Unavailable
from gateway.model import ConversationRef, FromUrl, HistoryMessage, Outgoing, OutgoingFile, Receipt

STREAM_STATE = frozenset({"held", "bytes", "cards"})
"""What a receipt carries only while its message streams."""
_PAGE = 200
_PAGES = 10
_SKEW = 60.0
"""Seconds our clock and Slack's may differ; a key decides exactly, so looking further back costs nothing."""


def thread_of(to: ConversationRef) -> str | None:
    """Where replies go: the conversation's thread, or in a DM the message being answered."""
    return to.thread or to.route.get("thread_ts") or None


def channel_of(receipt: Receipt) -> str:
    """The channel Slack put the message into (a DM opened by user id gets its own)."""
    return str(receipt.data.get("channel") or receipt.to.channel)


def uploads(message: Outgoing) -> tuple[OutgoingFile, ...]:
    """The files whose bytes go to Slack; linked ones are rendered."""
    return tuple([file for file in message.files if not isinstance(file.source, FromUrl)]) if message.files else ()


class Outbox:
    """chat.postMessage, chat.update, chat.delete and the files that belong to a message.

    A message with text and files is two messages in the same thread: the text (which can be edited and carries the
    key), then one share with all the files.
    """

    def __init__(self, api: SlackApi, files: Files) -> None:
        self._api = api
        self._files = files

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post it. The receipt's id is the ``ts`` of the text, without text that of the share."""
        thread = thread_of(to)
        if not _posts(message):
            return await self._share_only(to, message.files, thread)
        body: dict[str, Any] = {"channel": to.channel, "metadata": metadata(key), **content(message)}
        if thread:
            body["thread_ts"] = thread
        if message.author:
            self._name(body, message.author)
        posted = await self._api.call("chat.postMessage", body, channel=to.channel)
        channel = str(posted.get("channel") or to.channel)
        data: dict[str, Any] = {} if channel == to.channel else {"channel": channel}
        if waiting := uploads(message):
            try:
                data["files"] = await self._files.share(waiting, channel=channel, thread=thread)
            except RateLimited as error:
                # Not simply to be called again: the text stands. Whoever tries again looks first (``find``).
                raise Unavailable(f"the files of a message that stands: {error}") from error
        return Receipt(to=to, id=str(posted["ts"]), data=data)

    def _name(self, body: dict[str, Any], author: str) -> None:
        if self._api.may("chat:write.customize"):
            body["username"] = author
        else:
            self._api.note("author", fix="add the scope chat:write.customize to show other names")

    async def _share_only(self, to: ConversationRef, files: Sequence[OutgoingFile], thread: str | None) -> Receipt:
        shared = await self._files.share(files, channel=to.channel, thread=thread)
        first = next(iter(shared))
        ts = await self._files.shared_as(first, to.channel)
        # Unknown for now is no failure: the file's id still finds the share.
        return Receipt(to=to, id=ts or first, data={"files": shared})

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """chat.update, then the files that are not there yet. ``Gone`` if the message was deleted."""
        channel = channel_of(receipt)
        data = dict(receipt.data)
        ts = receipt.id
        if ts.startswith("F"):
            ts = await self._files.shared_as(ts, channel) or ts
        if _posts(message):
            # Without the empty list Slack would keep the blocks of before.
            body: dict[str, Any] = {"channel": channel, "ts": ts, "blocks": [], **content(message)}
            if key := data.pop("key", None):
                # It was sent without its key (a stream, an earlier run's): from here on it cannot be taken for another.
                body["metadata"] = metadata(key)
            try:
                await self._api.call("chat.update", body, channel=channel)
            except StreamExpired:
                # Still a running stream to Slack (ours ended in a crash, or at its size): close it, then edit.
                await self._close_stream(channel, ts)
                await self._api.call("chat.update", body, channel=channel)
        there = dict(data.get("files") or {})
        missing = [file for file in uploads(message) if file.name not in there.values()]
        if missing:
            added = await self._files.share(missing, channel=channel, thread=thread_of(receipt.to))
            data["files"] = {**there, **added}
        return Receipt(to=receipt.to, id=ts, data={name: data[name] for name in data if name not in STREAM_STATE})

    async def _close_stream(self, channel: str, ts: str) -> None:
        with suppress(StreamExpired):
            await self._api.call("chat.stopStream", {"channel": channel, "ts": ts, "session_status": "active"})

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message and the files that came with it; what is gone already is no error."""
        if not receipt.id.startswith("F"):
            channel = channel_of(receipt)
            try:
                await self._api.call("chat.delete", {"channel": channel, "ts": receipt.id}, channel=channel)
            except Gone:
                pass
            except Forbidden:
                # The share of files alone: deleting the files takes it away.
                if not receipt.data.get("files"):
                    raise
        for file_id in receipt.data.get("files") or {}:
            await self._files.remove(file_id)

    async def find(
        self, to: ConversationRef, message: Outgoing, *, me: Me, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Our message under ``key``; else the first of the bot's own without any key that nobody claims.

        A send that got its text there but not its files is finished here: to the caller what is found is sent.
        """
        own = [each async for each in self._messages(to, oldest=since - _SKEW) if _own(each, me)]
        names = {file.name for file in uploads(message)}
        found = next((each for each in own if _key(each) == key), None)
        if found is None:
            fresh = [each for each in own if seconds(text(each, "ts")) > since and text(each, "ts") not in claimed]
            keyless = [each for each in fresh if not _key(each)]
            wants_files = not _posts(message)
            found = next((each for each in keyless if _carries(each, names) == wants_files), None)
        if found is None:
            return None
        ts = text(found, "ts")
        later = [each for each in own if text(each, "ts") >= ts and text(each, "ts") not in claimed]
        files = {
            text(file, "id"): text(file, "name")
            for each in later
            for file in items(each, "files")
            if text(file, "name") in names
        }
        if _key(found) == key and (missing := [file for file in uploads(message) if file.name not in files.values()]):
            files |= await self._files.share(missing, channel=to.channel, thread=thread_of(to))
        data: dict[str, Any] = {"files": files} if files else {}
        if _posts(message) and not _key(found):
            data["key"] = key
        return Receipt(to=to, id=ts, data=data)

    async def history(self, to: ConversationRef, *, me: Me, limit: int) -> list[HistoryMessage]:
        """The newest messages, oldest first."""
        newest: deque[Mapping[str, Any]] = deque(maxlen=max(limit, 1))
        async for message in self._messages(to, enough=limit):
            newest.append(message)
        return [_past(message, me) for message in newest]

    async def _messages(
        self, to: ConversationRef, *, oldest: float | None = None, enough: int = _PAGE * _PAGES
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The conversation's messages, oldest first, at most ``_PAGES`` pages of them.

        A DM that is one conversation is read over its whole channel and, since answers there are threaded, the
        thread being answered.
        """
        thread = thread_of(to)
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
        """conversations.history comes newest first; turned round."""
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


def _posts(message: Outgoing) -> bool:
    """Whether there is more to it than files to upload."""
    return bool(message.text.strip() or message.buttons or message.feedback is not None) or not uploads(message)


def _own(message: Mapping[str, Any], me: Me) -> bool:
    bot = text(message, "bot_id")
    return (bool(me.user) and text(message, "user") == me.user) or (bool(me.bot) and bot == me.bot)


def _key(message: Mapping[str, Any]) -> str:
    if text(obj(message, "metadata"), "event_type") != METADATA_EVENT:
        return ""
    return text(obj(obj(message, "metadata"), "event_payload"), "key")


def _carries(message: Mapping[str, Any], names: Collection[str]) -> bool:
    """Whether it is a share: of the named files, or of any where no name is known."""
    shared = {text(file, "name") for file in items(message, "files")}
    return bool(shared & set(names)) if names else bool(shared)


def _past(message: Mapping[str, Any], me: Me) -> HistoryMessage:
    bot = bool(text(message, "bot_id")) or text(message, "subtype") == "bot_message"
    return HistoryMessage(
        id=text(message, "ts"),
        author=text(message, "user") or text(message, "username") or text(message, "bot_id"),
        is_bot=bot,
        text=to_markdown(message, "" if bot else me.user),
        at=seconds(text(message, "ts")),
    )
