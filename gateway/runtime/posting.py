"""A message effect: posted once, edited after, however often its turn is run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.egress import Doubt, Lookup, MessageStream
from gateway.model import MessageCreated, Outgoing, Receipt
from gateway.runtime.context import require_turn
from gateway.runtime.journal import Effect

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn


class Posting:
    """What stands on the platform for one ``Message`` of a handler."""

    __slots__ = ("_doubt", "_turn", "effect", "receipts", "stream")

    def __init__(self, turn: Turn, effect: Effect | None = None) -> None:
        self._turn = turn
        self.effect = effect or turn.journal.begin("message")
        self.receipts: tuple[Receipt, ...] = self.effect.receipts
        if turn.delivery.rerun and not self.receipts and not turn.sender.can_find_sent(turn.ref):
            self.effect.record(doubtful=True)
        self.stream: MessageStream | None = None
        self._doubt = Doubt(self.effect.body.get("unconfirmed", 0), on_change=partial(_note_doubt, self.effect))

    @property
    def doubtful(self) -> bool:
        """Whether a copy of it may stand that nobody knows of: an earlier run died, and the platform cannot be asked.
        Its buttons are good, too."""
        return bool(self.effect.body.get("doubtful"))

    async def put(self, message: Outgoing) -> None:
        """Make it read as given: the first time it is sent, later it is edited."""
        turn = self._turn
        require_turn().check()  # the running turn: a message kept in the session outlives its own
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

    async def open_stream(self, author: str | None = None) -> MessageStream:
        """Start (or go on) streaming into it, under another name than the bot's own where ``author`` is given."""
        turn = self._turn
        require_turn().check()
        if self.stream is None:
            if turn.journal.eager:
                await turn.journal.settle()
            lookup = await self._lookup()
            self.stream = turn.sender.stream(
                turn.ref,
                key=self.effect.key,
                recipient=turn.event.user,
                author=author,
                existing=self.receipts,
                lookup=lookup,
                on_receipts=self._keep,
                doubt=self._doubt,
                on_stopped=turn.stop,
            )
        return self.stream

    async def close_stream(self, message: Outgoing) -> None:
        """The stream's last state; after it the message is an ordinary one."""
        stream = self.stream
        if stream is None:
            return
        try:
            self.receipts = await stream.close(message)
        finally:
            if stream.closed:
                self.stream = None

    async def remove(self) -> None:
        """Take it off the platform. A re-run that sends it again posts it anew: nothing stands there."""
        receipts, self.receipts = self.receipts, ()
        self.effect.record(receipts=(), removed=True)
        await self._turn.sender.delete(receipts)

    async def _lookup(self) -> Lookup | None:
        """Look before sending, when an earlier run may have sent this without living to record it."""
        turn, queued = self._turn, self._turn.delivery
        if not queued.rerun or self.receipts or self.effect.body.get("removed"):
            return None
        event = self._turn.event
        # The platform's own time where the event has it: nothing this turn sent can be older. Else ours, with a minute
        # for the difference between the two clocks.
        at = event.at if isinstance(event, MessageCreated) else 0.0
        claimed = set(turn.journal.claimed())
        if turn.sender.capabilities(turn.ref).known_by_words:
            claimed.update(await turn.services.store.posted(turn.ref.key, before=queued.seq))
        return Lookup(since=at or queued.received_at - 60, claimed=frozenset(claimed))

    def _keep(self, receipts: tuple[Receipt, ...]) -> None:
        self.receipts = receipts
        self.effect.record(receipts=receipts)


def _note_doubt(effect: Effect, tries: int) -> None:
    """A run that follows must not try as often again."""
    effect.record(unconfirmed=tries)
