"""From an envelope to work: the adapter's parse, the gateway's own envelopes and commands, the tokens."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from gateway.adapter import Adapter
from gateway.model import (
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    Envelope,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    StopRequested,
    UserRef,
    from_json,
    to_json,
)
from gateway.ports import Delivery, SessionRecord, Tokens
from gateway.runtime import tokens
from gateway.runtime.forms import is_sealed
from gateway.runtime.queued import QueuedDelivery, Refusal
from gateway.runtime.seals import Seals
from gateway.runtime.tokens import ActionToken, AnyToken, AskToken, CommentToken, RatingToken, UploadToken
from gateway.runtime.twins import merged

OWN = "gateway:"
"""How the keys of envelopes begin that the gateway wrote itself. An adapter's begin with its platform's name, and one
that does not is refused at the door: nothing in a foreign body can be taken for the gateway's own word."""


def ending(session: SessionRecord, *, reason: Literal["idle", "removed"], now: float) -> Envelope:
    """The gateway's own delivery that ends a session. Its key names this ending, so it comes once."""
    user = session.user or UserRef(platform=session.ref.platform, workspace=session.ref.workspace, id="")
    return Envelope(
        key=f"{OWN}{session.ref.key}:{reason}:{session.id}:{int(session.last_at)}",
        ref=session.ref,
        body={"reason": reason, "user": to_json(user)},
        received_at=now,
    )


class EnvelopeDecoder:
    """Reads envelopes."""

    def __init__(self, adapters: Mapping[str, Adapter], store: Tokens, seals: Seals) -> None:
        self._adapters = adapters
        self._store = store
        self._seals = seals

    def event(self, envelope: Envelope) -> Event | None:
        """What happened; None for what is of no interest or of a platform that is off now."""
        adapter = self._adapters.get(envelope.ref.platform)
        if adapter is None:
            return None
        if envelope.key.startswith(OWN):
            user = from_json(UserRef, envelope.body["user"])
            return ConversationEnded(ref=envelope.ref, user=user, reason=envelope.body["reason"])
        event = adapter.parse(envelope)
        if isinstance(event, MessageDeleted) and event.ref.thread == event.message_id:
            # The conversation goes with the message that began it, whether or not the platform leaves a thread behind.
            return ConversationEnded(ref=event.ref, user=event.user, reason="deleted")
        return _as_command(event) if isinstance(event, MessageCreated | CommandInvoked) else event

    async def token(self, event: Event) -> AnyToken | None:
        """What the event's token says, if it carries one of ours that can be of this conversation and person."""
        if isinstance(event, FeedbackGiven) and event.token:
            message = self._seals.read_rating(event.ref.key, event.token)
            return None if message is None else RatingToken(message)
        if not isinstance(event, ActionInvoked | FormSubmitted):
            return None
        capabilities = self._adapters[event.ref.platform].capabilities
        inline = not capabilities.forgeable_buttons
        token = await tokens.read(event.token, self._store, conversation=event.ref.key, inline=inline)
        if isinstance(event, ActionInvoked):
            return token if isinstance(token, ActionToken | AskToken | UploadToken) else None
        if isinstance(token, CommentToken):
            return token if is_sealed(token, event, self._seals) else None
        return token if isinstance(token, UploadToken) else None

    async def recovered(self, delivery: Delivery) -> QueuedDelivery | None:
        """Work read back from the store; None when nothing can be made of it any more."""
        event = self.event(delivery.envelope)
        if event is None:
            return None
        if delivery.twin is not None and isinstance(event, MessageCreated):
            twin = self.event(replace(delivery.envelope, body=delivery.twin))
            event = merged(event, twin) if isinstance(twin, MessageCreated) else event
        token = await self.token(event)
        return QueuedDelivery.of(delivery, event, token, refused=refusal(event, token))


def refusal(event: Event, token: AnyToken | None) -> Refusal | None:
    """Why nothing can come of it: it carries a token, and the token is none."""
    carries = isinstance(event, ActionInvoked | FormSubmitted) or (isinstance(event, FeedbackGiven) and event.token)
    return "nothing" if carries and token is None else None


def _as_command(event: MessageCreated | CommandInvoked) -> Event:
    """``/new`` and ``/stop``, also written as a message: slash commands do not exist everywhere (Slack threads have
    none)."""
    text = event.text.strip() if isinstance(event, MessageCreated) else f"/{event.command}"
    if text == "/new" and isinstance(event, MessageCreated):
        return CommandInvoked(ref=event.ref, user=event.user, command="new")
    if text == "/stop":
        return StopRequested(ref=event.ref, user=event.user)
    return event
