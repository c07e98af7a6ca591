"""Accepts what adapters receive: an envelope is decoded, checked and stored, and only then acknowledged."""

import asyncio
import math
import time

import structlog

from gateway.errors import Draining, StoreFailed
from gateway.ingress.decoder import EnvelopeDecoder, refusal
from gateway.ingress.dispatcher import Dispatcher
from gateway.ingress.guard import Guard
from gateway.model import (
    Accepted,
    ConversationEnded,
    ConversationRef,
    Envelope,
    Event,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
)
from gateway.ports import Cluster, Inbox, Sessions
from gateway.runtime.forms import Forms
from gateway.runtime.own import OWN, ending
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import Handlers
from gateway.runtime.tokens import AnyToken
from gateway.runtime.turn import person_of
from gateway.telemetry.observer import DeliveryAccepted, DeliveryOutcome, Observer

log = structlog.get_logger(__name__)

IGNORED = Accepted(status="ignored")
DUPLICATE = Accepted(status="duplicate")
NEW = Accepted(status="new")

LULL = 0.003
"""Seconds without a delivery after which none is expected at once: a sender that waits for each acknowledgement takes
about as long for its next request."""
STORE_WITHIN = 5.0
"""Seconds within which a delivery has to be stored. Else it is not acknowledged, so that the platform sends it again:
platforms give up on an answer after some ten seconds."""
THREADS_LIMIT = 1_000
"""How many threads of one channel are ended when the bot is removed from the channel or the channel is deleted. The
sessions of further threads end when they have been idle for long."""


class Acceptor:
    """The ``accept`` that adapters call with every envelope.

    When the call returns, the delivery is durable or needs no work, and the adapter may acknowledge it. When the call
    raises, the adapter must not acknowledge, so that the platform sends the delivery again.
    """

    def __init__(
        self,
        *,
        inbox: Inbox,
        sessions: Sessions,
        decoder: EnvelopeDecoder,
        dispatcher: Dispatcher,
        handlers: Handlers,
        observers: Observer,
        forms: Forms,
        cluster: Cluster,
        guard: Guard,
    ) -> None:
        self._cluster = cluster
        self._guard = guard
        self._inbox = inbox
        self._sessions = sessions
        self._decoder = decoder
        self._dispatcher = dispatcher
        self._handlers = handlers
        self._observers = observers
        self._forms = forms
        self._arriving: dict[str, int] = {}
        """How many deliveries of each conversation are being stored now, by conversation key."""
        self._stored_at = -math.inf
        """Monotonic time, in seconds, at which a delivery was last stored or could not be."""
        self.draining = False
        """True once the gateway ends. A further envelope raises ``Draining``, or is stored for other replicas if there
        can be such."""

    async def __call__(self, envelope: Envelope) -> Accepted:
        """Accept an envelope of an adapter. One whose key claims to be the gateway's own is ignored and logged.

        Raises ``Draining`` when the gateway ends and nobody else is there, and whatever kept the store from committing.
        """
        if envelope.key.startswith(OWN):
            log.error("envelope.forged", platform=envelope.ref.platform, delivery=envelope.key)
            return IGNORED
        return await self._accept(envelope, self._guard if self._guard.is_on else None)

    async def take(self, envelope: Envelope) -> Accepted:
        """Accept an envelope of the gateway itself, which no rule of access concerns. Raises what calling the acceptor
        raises."""
        return await self._accept(envelope, None)

    async def _accept(self, envelope: Envelope, guard: Guard | None) -> Accepted:
        began = time.perf_counter()
        if self.draining and not self._cluster.shared:
            self._tell(envelope, None, "refused", began)
            raise Draining("the gateway is shutting down")
        event: Event | None = None
        outcome: DeliveryOutcome = "failed"
        try:
            event = self._decoder.event(envelope)
            accepted = await self._admit(envelope, event, guard)
            outcome = accepted.status if accepted.answer is None or accepted.status != "ignored" else "answered"
            return accepted
        finally:
            self._tell(envelope, event, outcome, began)

    def _tell(self, envelope: Envelope, event: Event | None, outcome: DeliveryOutcome, began: float) -> None:
        """Tell observers what became of a delivery; ``began`` is when it came (``time.perf_counter``)."""
        ref, kind = envelope.ref, "" if event is None else event.kind
        seconds = time.perf_counter() - began
        self._observers.accepted(DeliveryAccepted(ref.platform, ref.key, envelope.key, kind, outcome, seconds))

    async def _admit(self, envelope: Envelope, event: Event | None, guard: Guard | None) -> Accepted:
        """Store the delivery of an event that somebody wants."""
        if isinstance(event, MessageDeleted):
            if guard is not None and (denied := await self._denied(envelope, event, guard)) is not None:
                return denied  # nobody stops a turn who may not begin one
            self._dispatcher.withdraw(event.ref.key, event.message_id)
        if event is None or not self._handlers.wants(event):
            return IGNORED
        if guard is not None and (denied := guard.turn_away(envelope, event)) is not None:
            return denied
        if isinstance(event, ConversationEnded) and event.reason in ("removed", "deleted") and event.ref.thread is None:
            await self._end_threads(event.ref)
        try:
            async with asyncio.timeout(STORE_WITHIN):
                return await self._take(envelope, event, guard)
        except TimeoutError:
            raise StoreFailed(f"a delivery was not stored within {STORE_WITHIN:g} s") from None

    @staticmethod
    async def _denied(envelope: Envelope, event: Event, guard: Guard) -> Accepted | None:
        return guard.turn_away(envelope, event) or await guard.judge(envelope, event)

    async def _take(self, envelope: Envelope, event: Event, guard: Guard | None) -> Accepted:
        if not await self._concerns_us(event):
            return IGNORED
        if guard is not None and (refused := await guard.judge(envelope, event)) is not None:
            return refused
        token = await self._decoder.token(event)
        in_place = await self._forms.answer(event, token)
        if in_place is not None and not in_place.handled:
            return Accepted(status="ignored", answer=in_place.answer)
        key = envelope.ref.key
        self._arriving[key] = self._arriving.get(key, 0) + 1
        try:
            new = await self._store(envelope, event, token)
        finally:
            self._stored_at = time.monotonic()
            left = self._arriving.pop(key) - 1
            if left:
                self._arriving[key] = left
        if in_place is not None:
            return Accepted(status="new" if new else "duplicate", answer=in_place.answer)
        return NEW if new else DUPLICATE

    async def _end_threads(self, channel: ConversationRef) -> None:
        """End the session of each thread of a channel that is gone, or that the bot was removed from."""
        conversation = channel.key.rstrip(":")
        stored = await self._sessions.within(conversation, limit=THREADS_LIMIT)
        sessions = {session.ref.key: session for session in (*stored, *self._dispatcher.live_within(conversation))}
        for session in sessions.values():
            await self.take(ending(session, reason="removed", now=time.time()))

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether no turn runs and no delivery waits in the conversation."""
        return self._dispatcher.is_idle(ref)

    @property
    def is_storing(self) -> bool:
        """Whether a delivery is being stored just now."""
        return bool(self._arriving)

    def is_resting(self) -> bool:
        """Whether no delivery is being stored, and none was in the last ``LULL`` seconds."""
        return not self._arriving and time.monotonic() - self._stored_at > LULL

    async def _concerns_us(self, event: Event) -> bool:
        """Whether the bot has to do with this event.

        Some events concern it only in a conversation it takes part in, or of which another delivery is being stored
        just now (the mention that calls the bot in): a message that does not mention the bot, the deletion of a message
        that may have begun a thread, edits, deletions and reactions.
        """
        if isinstance(event, ConversationEnded):
            if event.reason != "deleted" or event.ref.thread is None:
                return True
        elif isinstance(event, MessageCreated):
            if event.addressed:
                return True
        elif not isinstance(event, MessageEdited | MessageDeleted | ReactionChanged):
            return True
        return event.ref.key in self._arriving or await self._dispatcher.takes_part(event.ref)

    async def _store(self, envelope: Envelope, event: Event, token: AnyToken | None) -> bool:
        """Store the envelope and submit its delivery to the dispatcher. Returns False when its key was known
        already."""
        idle = self._dispatcher.is_idle(envelope.ref)
        read = idle and not self._dispatcher.is_live(envelope.ref)
        stored = await self._inbox.put(envelope, person=person_of(event), started=idle, with_session=read)
        if not stored.new:
            elsewhere = not stored.owned
            if isinstance(event, MessageCreated) and (elsewhere or self._dispatcher.learn(envelope.key, event)):
                await self._inbox.amend(envelope)
            if stored.behind:  # nobody else can take up what is open, now that this put has taken the lease
                self._dispatcher.woken(envelope.ref.key)
            return False
        if not stored.owned:
            return True  # the replica that runs the conversation was woken
        self._dispatcher.submit(
            QueuedDelivery.of(
                stored.delivery,
                event,
                token,
                session=stored.session,
                session_read=read,
                started=idle and not stored.behind,
                refused=refusal(event, token),
            ),
            behind=stored.behind,
        )
        return True
