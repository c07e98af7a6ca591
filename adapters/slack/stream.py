"""Native streams: chat.startStream, chat.appendStream, chat.stopStream.

Streamed text must not notify anyone, also not when a mention arrives in two pieces: the tail of a piece that may begin
one is held back until the next piece shows what it is. ``Receipt.data["sent"]`` counts the characters that were sent.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.files import file_changes
from adapters.slack.api import SlackApi, quiet
from adapters.slack.errors import code_of
from adapters.slack.limits import STREAM_BYTES, STREAM_BYTES_WITH_TASKS, TASK_TEXT
from adapters.slack.mentions import last_piece, safe_markdown, safe_piece
from adapters.slack.outbound import STREAM_STATE, channel_of, uploads
from adapters.slack.plans import named
from adapters.slack.render import extras, metadata
from adapters.slack.threads import Threads
from adapters.slack.uploads import Uploads, keys
from gateway.errors import Forbidden, Gone, Rejected, StreamExpired, Unsupported
from gateway.model import AllowedMentions, ConversationRef, Outgoing, Receipt, TaskUpdate, UserRef


class Streams:
    """Streams into threads; declines with None where a conversation has no thread or the app may not stream."""

    def __init__(self, api: SlackApi, files: Uploads, threads: Threads) -> None:
        self._api = api
        self._files = files
        self._threads = threads
        self._off = False  # once Slack has said that this app cannot stream

    async def start(
        self, to: ConversationRef, message: str, *, key: str, recipient: UserRef | None, author: str | None
    ) -> Receipt | None:
        """Open a stream in the conversation's thread; ``key`` is set only when the stream stops, because Slack takes it
        no earlier."""
        thread = self._threads.of(to)
        user = recipient.id if recipient else to.route.get("user")
        if self._off or thread is None or (user is None and to.kind != "dm"):
            return None
        now, sent = safe_piece(message, 0)
        body: dict[str, Any] = {"channel": to.channel, "thread_ts": thread}
        if user:
            body["recipient_user_id"] = user
            body["recipient_team_id"] = to.route.get("team") or to.workspace
        if now:
            body["markdown_text"] = now
        if author:
            body |= self._api.name_of(author)
        try:
            started = await self._api.call("chat.startStream", body)
        except (Forbidden, Unsupported) as error:
            if await self._threads.refused(to, error):
                return None
            self._off = isinstance(error, Unsupported) or code_of(error) == "missing_scope"
            self._api.note("native_stream", error=quiet(error))
            return None
        except (Rejected, Gone) as error:
            # Often only this recipient is refused (a guest, a person of another workspace), who can still get edits.
            self._api.note(f"native_stream:{str(error)[:60]}", error=quiet(error))
            return None
        return _running(Receipt(to=to, id=str(started["ts"]), data={"key": key}), now, sent, len(message) - sent, ())

    async def append(self, receipt: Receipt, *, text: str, tasks: Sequence[TaskUpdate]) -> Receipt:
        """Show the text as far as it has grown, and task cards. Raises ``StreamExpired``, also where the stream would
        outgrow Slack's limit."""
        now, sent = safe_piece(text, int(receipt.data.get("sent") or 0))
        grown = _running(receipt, now, sent, len(text) - sent, tasks)
        if now or tasks:
            body: dict[str, Any] = {"channel": channel_of(receipt), "ts": receipt.id}
            if tasks:
                body["chunks"] = [*map(_card, tasks), *_words(now)]
            else:
                body["markdown_text"] = now
            await self._api.call("chat.appendStream", body)
        return grown

    async def stop(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """End the stream with the last text, the buttons and the key; files follow in the same thread. A plan of which
        the stream shows cards is shown by them; any other comes below the text."""
        channel = channel_of(receipt)
        sent = int(receipt.data.get("sent") or 0)
        end = sent + int(receipt.data.get("held") or 0) + len(delta)
        last = last_piece(message.text, sent, end)
        tasks = message.plan.tasks if message.plan is not None and receipt.data.get("cards") else ()
        _running(receipt, last, end, 0, tasks)
        changes = file_changes(receipt.data.get("files") or {}, uploads(message))
        tickets = await self._files.open(changes.missing)
        body: dict[str, Any] = {
            "channel": channel,
            "ts": receipt.id,
            "metadata": metadata(key, changes.staying | keys(tickets)),
            "session_status": "active",
        }
        if tasks:
            body["chunks"] = [*_words(last), *map(_card, tasks)]
            message = replace(message, plan=None)
        elif last:
            body["markdown_text"] = last
        if blocks := extras(message):
            body["blocks"] = blocks
        await self._api.call("chat.stopStream", body)
        data = {name: value for name, value in receipt.data.items() if name not in (*STREAM_STATE, "key")}
        if tickets:
            added = await self._files.share(tickets, channel=channel, thread=self._threads.of(receipt.to))
            data["files"] = changes.staying | added
        return Receipt(to=receipt.to, id=receipt.id, data=data)


def _running(receipt: Receipt, now: str, sent: int, held: int, tasks: Sequence[TaskUpdate]) -> Receipt:
    """Return the receipt after this piece. Raises ``StreamExpired`` if Slack would refuse the stream as too long."""
    cards = {**(receipt.data.get("cards") or {}), **{task.id: _weight(task) for task in tasks}}
    size = int(receipt.data.get("bytes") or 0) + len(now.encode("utf-8", "replace"))
    if size + held + sum(cards.values()) > (STREAM_BYTES_WITH_TASKS if cards else STREAM_BYTES):
        raise StreamExpired("the stream has grown to the size of one Slack message")
    data = {**receipt.data, "bytes": size, "sent": sent, "held": held, "cards": cards}
    return Receipt(to=receipt.to, id=receipt.id, data={name: value for name, value in data.items() if value})


def _weight(task: TaskUpdate) -> int:
    texts = (_cut(named(task)), _cut(task.details), _cut(task.details), _cut(task.output), _cut(task.output))
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def _words(now: str) -> list[dict[str, Any]]:
    """Return the chunk of a text; nothing for no text."""
    return [{"type": "markdown_text", "text": now}] if now else []


def _card(task: TaskUpdate) -> dict[str, Any]:
    """Return a ``task_update`` chunk; text that is too long for one is visibly cut."""
    card: dict[str, Any] = {"type": "task_update", "id": task.id, "title": _cut(named(task)), "status": task.status}
    if task.details:
        card["details"] = _cut(task.details)
    if task.output:
        card["output"] = _cut(task.output)
    return card


def _cut(written: str) -> str:
    safe = safe_markdown(written, AllowedMentions())
    return safe if len(safe) <= TASK_TEXT else safe[: TASK_TEXT - 1] + "…"
