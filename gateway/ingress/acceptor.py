"""The door: what arrives is read, checked, stored, and only then acknowledged."""

import time
from collections.abc import Mapping

import structlog

from gateway.adapter import Adapter
from gateway.egress import TurnScheduler
from gateway.errors import Draining
from gateway.ingress.decoder import OWN, EnvelopeDecoder, ending, refusal
from gateway.ingress.dispatcher import Dispatcher
from gateway.model import (
    Accepted,
    ActionInvoked,
    Answer,
    ConversationEnded,
    ConversationRef,
    Envelope,
    Event,
    FeedbackGiven,
    MessageCreated,
    MessageDeleted,
    Notice,
)
from gateway.ports import Inbox, Sessions
from gateway.runtime.forms import comment_form, upload_form
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.runner import REFUSALS, Handlers
from gateway.runtime.seals import Seals
from gateway.runtime.tokens import AnyToken, RatingToken, UploadToken
from gateway.telemetry.metrics import Counters

log = structlog.get_logger(__name__)

IGNORED = Accepted(status="ignored")
DUPLICATE = Accepted(status="duplicate")
NEW = Accepted(status="new")

THREADS_LIMIT = 1_000
"""Threads of one channel that are ended when the bot is removed from it or it is deleted; older ones end by
idleness."""


class Acceptor:
    """``accept``: returning means the delivery is durable (or needs no work); raising means do not acknowledge."""

    def __init__(
        self,
        *,
        adapters: Mapping[str, Adapter],
        inbox: Inbox,
        sessions: Sessions,
        decoder: EnvelopeDecoder,
        dispatcher: Dispatcher,
        handlers: Handlers,
        counters: Counters,
        scheduler: TurnScheduler,
        seals: Seals,
    ) -> None:
        self._adapters = adapters
        self._inbox = inbox
        self._sessions = sessions
        self._decoder = decoder
        self._dispatcher = dispatcher
        self._handlers = handlers
        self._counters = counters
        self._scheduler = scheduler
        self._seals = seals
        self._arriving: dict[str, int] = {}
        """Conversations of which something is being stored now, and how much."""
        self.draining = False

    async def __call__(self, envelope: Envelope) -> Accepted:
        if envelope.key.startswith(OWN):
            log.error("envelope.forged", platform=envelope.ref.platform, delivery=envelope.key)
            return IGNORED
        return await self.take(envelope)

    async def take(self, envelope: Envelope) -> Accepted:
        """Accept an adapter's envelope, or one the gateway wrote itself."""
        if self.draining:
            raise Draining("the gateway is shutting down")
        platform = envelope.ref.platform
        self._counters.received(platform)
        event = self._decoder.event(envelope)
        if isinstance(event, MessageDeleted):
            self._dispatcher.withdraw(event)
        if event is None or not self._handlers.wants(event) or not await self._concerns_us(event):
            self._counters.add(platform, "ignored")
            return IGNORED
        if isinstance(event, ConversationEnded) and event.reason in ("removed", "deleted") and event.ref.thread is None:
            await self._end_threads(event.ref)
        token = await self._decoder.token(event)
        forms = self._adapters[platform].capabilities.forms
        if isinstance(event, ActionInvoked) and isinstance(token, UploadToken):
            # It only opens the form; the form's answer is the event.
            return Accepted(status="ignored", answer=self._upload(event, token) if forms else None)
        answer = None
        if forms and isinstance(event, FeedbackGiven) and isinstance(token, RatingToken) and event.comment is None:
            answer = comment_form(event, token, self._seals)
        key = envelope.ref.key
        self._arriving[key] = self._arriving.get(key, 0) + 1
        self._scheduler.arrived()
        try:
            new = await self._store(envelope, event, token)
        finally:
            self._scheduler.stored()
            left = self._arriving.pop(key) - 1
            if left:
                self._arriving[key] = left
        if answer is not None:
            return Accepted(status="new" if new else "duplicate", answer=answer)
        return NEW if new else DUPLICATE

    def _upload(self, event: ActionInvoked, token: UploadToken) -> Answer:
        """The form, for whom the ask is and as long as it is open."""
        verdict = self._dispatcher.judge(event.ref, (token.delivery, token.ordinal), event)
        if verdict in ("closed", "not_yours"):
            return Notice(text=REFUSALS[verdict])
        return upload_form(event, token)

    async def _end_threads(self, channel: ConversationRef) -> None:
        """The bot was removed from a channel, or the channel is gone: so each thread in it ends, too."""
        conversation = channel.key.rstrip(":")
        stored = await self._sessions.within(conversation, limit=THREADS_LIMIT)
        sessions = {session.ref.key: session for session in (*stored, *self._dispatcher.live_within(conversation))}
        for session in sessions.values():
            await self.take(ending(session, reason="removed", now=time.time()))

    def is_idle(self, ref: ConversationRef) -> bool:
        """Whether nothing runs or waits in the conversation."""
        return self._dispatcher.is_idle(ref)

    async def _concerns_us(self, event: Event) -> bool:
        """A thread message without a mention counts only where the bot takes part already; also when the mention that
        calls it in is only just being stored. So does the deletion of what may have begun a conversation: people delete
        a lot that has not."""
        if isinstance(event, ConversationEnded):
            if event.reason != "deleted" or event.ref.thread is None:
                return True
        elif not isinstance(event, MessageCreated) or event.addressed:
            return True
        return event.ref.key in self._arriving or await self._dispatcher.takes_part(event.ref)

    async def _store(self, envelope: Envelope, event: Event, token: AnyToken | None) -> bool:
        """Make it durable and hand it on; False when it was known already."""
        idle = self._dispatcher.is_idle(envelope.ref)
        read = idle and not self._dispatcher.is_live(envelope.ref)
        stored = await self._inbox.put(envelope, started=idle, with_session=read)
        if not stored.new:
            self._counters.add(envelope.ref.platform, "duplicate")
            if isinstance(event, MessageCreated) and self._dispatcher.learn(envelope.key, event):
                await self._inbox.amend(envelope)
            return False
        self._dispatcher.submit(
            QueuedDelivery.of(
                stored.delivery,
                event,
                token,
                session=stored.session,
                session_read=read,
                started=idle,
                refused=refusal(event, token),
            )
        )
        return True
