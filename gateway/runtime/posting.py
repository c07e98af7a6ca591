"""A posting: the effect of one message, which is posted once and edited from then on, however often its turn runs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from gateway.egress import Doubt, Lookup, MessageStream
from gateway.egress.offload import offloaded
from gateway.markdown.open_markup import close_open_markup
from gateway.model import MessageCreated, Outgoing, Receipt
from gateway.runtime.context import require_turn
from gateway.runtime.journal import Effect

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn


class Streamed(Protocol):
    """The part of a streamed message's interface that its posting uses."""

    async def finish_stream(self) -> None:
        """End the stream with the complete message: its text, files and buttons."""
        ...

    def streamed(self) -> Outgoing:
        """Return the text streamed so far, without files and buttons."""
        ...

    def keep(self, turn: Turn) -> None:
        """Keep the message as it is now in the history."""
        ...


class Posting:
    """Posts one ``Message`` of a handler, edits it and removes it, and keeps its receipts in the journal."""

    __slots__ = ("_doubt", "_streamed", "_turn", "effect", "receipts", "stream")

    def __init__(self, turn: Turn, effect: Effect | None = None) -> None:
        self._turn = turn
        self.effect = effect or turn.journal.begin("message")
        self.receipts: tuple[Receipt, ...] = self.effect.receipts
        if turn.delivery.rerun and not self.receipts and not turn.sender.can_find_sent(turn.ref):
            self.effect.record(doubtful=True)
        self.stream: MessageStream | None = None
        self._streamed: Streamed | None = None
        self._doubt = Doubt(self.effect.body.get("unconfirmed", 0), on_change=partial(_note_doubt, self.effect))

    @property
    def conversation(self) -> str:
        """The conversation (``ConversationRef.key``) the message is in."""
        return self._turn.ref.key

    @property
    def doubtful(self) -> bool:
        """Whether an earlier run that died may have posted a copy without recording it, on a platform that cannot be
        searched. Clicks on the buttons of that copy count too."""
        return bool(self.effect.body.get("doubtful"))

    async def put(self, message: Outgoing) -> None:
        """Send the message at the first call, and edit it at later ones."""
        running = require_turn()  # it may be a later turn than the message's own: sessions can keep messages
        running.check()
        if running.live and not self.receipts:
            await running.catch_up()
        await self.show(message)

    async def show(self, message: Outgoing) -> None:
        """Send or edit a message that the gateway itself updates while the handler runs or after it has ended."""
        turn = self._turn
        if turn.journal.eager:
            await turn.journal.settle()
        self.receipts = await turn.sender.put(
            turn.ref,
            message,
            key=self.effect.key,
            existing=self.receipts,
            lookup=await self._lookup(),
            on_receipts=self._keep,
            doubt=self._doubt,
        )

    async def open_stream(self, message: Streamed) -> MessageStream:
        """Start streaming the message, or return the stream that is open. It is shown under the message's author, if it
        has one, instead of the bot's name."""
        turn, running = self._turn, require_turn()
        running.check()
        if self.stream is None:
            if running.live:
                await running.catch_up()
            if turn.journal.eager:
                await turn.journal.settle()
            lookup = await self._lookup()
            self.stream = turn.sender.stream(
                turn.ref,
                key=self.effect.key,
                recipient=turn.event.user,
                author=message.streamed().author,
                existing=self.receipts,
                lookup=lookup,
                on_receipts=self._keep,
                doubt=self._doubt,
                on_stopped=turn.stop,
            )
        self._streamed = message
        running.streaming.add(self)
        return self.stream

    async def close_stream(self, message: Outgoing) -> None:
        """End the stream with the final message, which is an ordinary message from then on."""
        stream = self.stream
        if stream is None:
            return
        try:
            self.receipts = await stream.close(message)
        finally:
            if stream.closed:
                self.stream = None
        self._streamed = None
        require_turn().streaming.discard(self)

    async def finish(self) -> None:
        """End a stream that the handler left open, with the complete message."""
        if self.stream is not None and self._streamed is not None:
            await self._streamed.finish_stream()

    async def break_off(self) -> None:
        """End a stream with the text written so far and its Markdown closed, because the handler failed or was
        stopped."""
        if self.stream is not None and self._streamed is not None:
            self._streamed.keep(self._turn)
            shown = self._streamed.streamed()
            text = await offloaded(len(shown.text), close_open_markup, shown.text)
            await self.close_stream(replace(shown, text=text))

    async def remove(self) -> None:
        """Delete the message from the platform. A re-run of the turn that sends it again posts it anew."""
        receipts, self.receipts = self.receipts, ()
        self.effect.record(receipts=(), removed=True)
        await self._turn.sender.delete(receipts)

    async def _lookup(self) -> Lookup | None:
        """Return how to search the platform for the message if an earlier run may have sent it without recording it,
        else None."""
        turn, queued = self._turn, self._turn.delivery
        if not queued.rerun or self.receipts or self.effect.body.get("removed"):
            return None
        event = self._turn.event
        # Nothing this turn sent is older than its event, by the platform's clock. Without that time our own clock
        # counts, with a minute for the difference between the two.
        at = event.at if isinstance(event, MessageCreated) else 0.0
        claimed = set(turn.journal.claimed())
        if turn.sender.capabilities(turn.ref).known_by_words:
            claimed.update(await turn.services.store.posted(turn.ref.key, before=queued.seq))
        return Lookup(since=at or queued.received_at - 60, claimed=frozenset(claimed))

    def _keep(self, receipts: tuple[Receipt, ...]) -> None:
        self.receipts = receipts
        self.effect.record(receipts=receipts)


def _note_doubt(effect: Effect, tries: int) -> None:
    """Record the number of unconfirmed tries, so that a re-run of the turn does not begin to count anew."""
    effect.record(unconfirmed=tries)
