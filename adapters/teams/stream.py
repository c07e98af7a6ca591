"""Native streams in personal chats: ``typing`` activities that carry all the text so far, ended by a message.

A chat has one stream at a time; the sequence starts at 1 and grows; what was shown is never taken back; a stream takes
two minutes at most; the user may press Stop, which the answer to the next request tells (docs bots/streaming-ux). Text
that can only be shown complete (a table, an underlined heading) ends the stream early: the message is edited from there
on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.fields import text as text_at
from adapters.shortening import cut
from adapters.teams import render
from adapters.teams.limits import INFORMATIVE, STREAM_SECONDS
from adapters.teams.markdown import beyond_streams, streamed
from adapters.teams.transport import Transport, conversation_of
from gateway.errors import Forbidden, Gone, Rejected, StreamExpired, StreamStopped, Unsupported
from gateway.model import ConversationRef, Outgoing, Receipt, TaskUpdate

STATE = "stream"
"""Field in the receipt of a stream that may be open: its sequence number, what it shows, when it began."""
_NOTHING_YET = "…"

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Running:
    """What this process knows of a chat's open stream."""

    id: str
    began: float
    sequence: int
    wordless: bool
    """Whether it shows no text of the message yet, so that it can say what is being done."""
    says: str = ""


class Streams:
    """Streams into personal chats; declines with None where a conversation cannot stream."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._open: dict[str, _Running] = {}

    def running(self, to: ConversationRef) -> bool:
        """Return whether a running stream shows in the conversation that the bot works."""
        return to.key in self._open and time.time() - self._open[to.key].began < STREAM_SECONDS

    async def inform(self, to: ConversationRef, words: str) -> None:
        """Say what is being done in the chat's open stream, as long as it shows no text (docs bots/streaming-ux:
        informative updates come before the response)."""
        stream, words = self._open.get(to.key), cut(" ".join(words.split()), INFORMATIVE)
        if stream is None or not stream.wordless or not words or words == stream.says:
            return
        stream.sequence += 1
        stream.says = words
        try:
            await self._transport.send(to, _part(to, words, "informative", stream.sequence, stream.id), posts=False)
        except (StreamExpired, StreamStopped, Gone) as error:
            log.debug("teams.not_informed", conversation=to.key, why=str(error))

    async def start(self, to: ConversationRef, text: str) -> Receipt | None:
        """Begin a stream with what can be shown of the text; None where there can be no stream."""
        if to.kind != "dm" or beyond_streams(text):
            return None
        shown = streamed(text)
        kind = "streaming" if shown.strip() else "informative"
        try:
            stream = await self._transport.send(to, _part(to, shown if shown.strip() else _NOTHING_YET, kind, 1))
        except (Forbidden, Rejected, StreamExpired, StreamStopped, Unsupported) as error:
            # Refused for this user or client, or because another stream is running: post and edit instead.
            log.debug("teams.stream_declined", conversation=to.key, why=str(error))
            return None
        began = time.time()
        self._forget_old(began)
        self._open[to.key] = _Running(stream, began, 1, wordless=kind == "informative")
        state = {"sequence": 1, "shown": shown if kind == "streaming" else "", "at": began}
        return Receipt(to=to, id=stream, data={STATE: state}) if stream else None

    async def append(self, receipt: Receipt, text: str, tasks: Sequence[TaskUpdate] = ()) -> Receipt:
        """Show more of the text, or while there is none, the task that is being worked on. Raises ``StreamExpired``
        where it has to continue by edits, ``StreamStopped`` if the user stopped it."""
        state = _state(receipt)
        if beyond_streams(text) or time.time() - float(state.get("at") or 0.0) > STREAM_SECONDS:
            self._open.pop(receipt.to.key, None)
            raise StreamExpired(
                "the stream hands over to edits: it holds a table or an underlined heading, or its two minutes end"
            )
        shown = streamed(text)
        if not shown.strip() or shown == state.get("shown"):
            await self.inform(receipt.to, next((f"{each.title}…" for each in reversed(tasks) if _runs(each)), ""))
            return receipt
        sequence = int(state.get("sequence") or 1) + 1
        running = self._open.get(receipt.to.key)
        if running is not None and running.id == receipt.id:
            sequence = running.sequence = max(sequence, running.sequence + 1)
            running.wordless = False
        try:
            part = _part(receipt.to, shown, "streaming", sequence, receipt.id)
            await self._transport.send(receipt.to, part, posts=False)
        except (StreamExpired, StreamStopped, Gone):
            self._open.pop(receipt.to.key, None)
            raise
        grown = {**receipt.data, STATE: {**state, "sequence": sequence, "shown": shown}}
        return Receipt(to=receipt.to, id=receipt.id, data=grown)

    async def close(self, receipt: Receipt, message: Outgoing) -> bool:
        """End the stream as the message, if that continues what was shown; returns whether the message now reads so.

        Raises ``StreamStopped`` for a stream the user stopped: what it shows is final.
        """
        self._open.pop(receipt.to.key, None)
        shown = text_at(_state(receipt), "shown")
        made = render.final(message)
        continues = made["text"].startswith(shown) and not beyond_streams(message.text)
        if not continues:
            made = {"type": "message", "textFormat": "markdown", "text": shown or _NOTHING_YET}
        entities = [{"type": "streaminfo", "streamId": receipt.id, "streamType": "final"}, *made.get("entities", ())]
        try:
            # If this is sent twice, Teams refuses the second: the stream is over then, and its message is edited.
            await self._transport.send(receipt.to, {**_head(receipt.to), **made, "entities": entities}, posts=False)
        except StreamExpired as error:
            log.debug("teams.stream_over", conversation=receipt.to.key, why=str(error))
            return False
        return continues

    async def replace(self, receipt: Receipt, made: render.Activity) -> None:
        """Edit a message whose stream is over. A stream that is still open but whose text is not known any more (a dead
        process streamed it) cannot be edited: it is removed, and ``Gone`` makes the caller send it anew."""
        try:
            await self._transport.update(receipt.to, receipt.id, {**made, "id": receipt.id})
        except StreamExpired as error:
            await self._transport.delete(receipt.to, receipt.id)
            raise Gone("a stream that could not be ended was removed") from error

    def _forget_old(self, now: float) -> None:
        for key in [key for key, stream in self._open.items() if now - stream.began > STREAM_SECONDS]:
            del self._open[key]


def _runs(task: TaskUpdate) -> bool:
    return task.status == "in_progress"


def _state(receipt: Receipt) -> dict[str, Any]:
    state = receipt.data.get(STATE)
    return state if isinstance(state, dict) else {}


def _part(to: ConversationRef, text: str, kind: str, sequence: int, stream: str = "") -> render.Activity:
    info: dict[str, Any] = {"type": "streaminfo", "streamType": kind, "streamSequence": sequence}
    if stream:
        info["streamId"] = stream
    return {**_head(to), "type": "typing", "textFormat": "markdown", "text": text, "entities": [info]}


def _head(to: ConversationRef) -> render.Activity:
    return {"conversation": {"id": conversation_of(to)}, "from": {"id": to.route.get("bot", "")}}
