"""Decodes envelopes: the event in one, read by its adapter or by the gateway itself, and the token it carries."""

from collections.abc import Mapping
from dataclasses import replace

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
)
from gateway.ports import Delivery, Tokens
from gateway.runtime import tokens
from gateway.runtime.forms import is_sealed
from gateway.runtime.own import OWN, event_of
from gateway.runtime.queued import QueuedDelivery, Refusal
from gateway.runtime.seals import Seals
from gateway.runtime.tokens import AnyToken, CommentToken, ElementToken, RatingToken, SettingsToken, UploadToken
from gateway.runtime.twins import merged


class EnvelopeDecoder:
    """Reads the event out of an envelope, and what the event's token means."""

    def __init__(self, adapters: Mapping[str, Adapter], store: Tokens, seals: Seals) -> None:
        self._adapters = adapters
        self._store = store
        self._seals = seals

    def event(self, envelope: Envelope) -> Event | None:
        """Return the event in the envelope, None when nobody can want it or its platform is off now."""
        adapter = self._adapters.get(envelope.ref.platform)
        if adapter is None:
            return None
        if envelope.key.startswith(OWN):
            return event_of(envelope)
        event = adapter.parse(envelope)
        if isinstance(event, MessageDeleted) and event.ref.thread == event.message_id:
            # The conversation goes with the message that began it, whether or not the platform leaves a thread behind.
            return ConversationEnded(ref=event.ref, user=event.user, reason="deleted", message_id=event.message_id)
        return _as_command(event) if isinstance(event, MessageCreated | CommandInvoked) else event

    async def token(self, event: Event) -> AnyToken | None:
        """Return what the event's token means, None when it carries none, or one that the gateway did not issue for
        this conversation and person."""
        if isinstance(event, FeedbackGiven) and event.token:
            message = self._seals.read_rating(event.ref.key, event.token)
            return None if message is None else RatingToken(message)
        if not isinstance(event, ActionInvoked | FormSubmitted):
            return None
        capabilities = self._adapters[event.ref.platform].capabilities
        inline = not capabilities.forgeable_buttons
        token = await tokens.read(event.token, self._store, conversation=event.ref.key, inline=inline)
        if isinstance(event, ActionInvoked):
            return None if isinstance(token, CommentToken) else token
        if isinstance(token, CommentToken):
            return token if is_sealed(token, event, self._seals) else None
        return token if isinstance(token, UploadToken | ElementToken | SettingsToken) else None

    async def recovered(self, delivery: Delivery) -> QueuedDelivery | None:
        """Decode a delivery read back from the store, with what its twin adds. Returns None when it has no event any
        more."""
        event = self.event(delivery.envelope)
        if event is None:
            return None
        if delivery.twin is not None and isinstance(event, MessageCreated):
            twin = self.event(replace(delivery.envelope, body=delivery.twin))
            event = merged(event, twin) if isinstance(twin, MessageCreated) else event
        token = await self.token(event)
        return QueuedDelivery.of(delivery, event, token, refused=refusal(event, token))


def refusal(event: Event, token: AnyToken | None) -> Refusal | None:
    """Return why the event is refused: it should carry a token, and has none that the gateway issued. None if it is
    not."""
    carries = isinstance(event, ActionInvoked | FormSubmitted) or (isinstance(event, FeedbackGiven) and event.token)
    return "nothing" if carries and token is None else None


def _as_command(event: MessageCreated | CommandInvoked) -> Event:
    """Return the event that a message ``/new`` or ``/stop`` stands for, or the event as it is.

    People write these as messages too, because slash commands do not exist everywhere (Slack threads have none).
    """
    text = event.text.strip() if isinstance(event, MessageCreated) else f"/{event.command}"
    if text == "/new" and isinstance(event, MessageCreated):
        return CommandInvoked(ref=event.ref, user=event.user, command="new")
    if text == "/stop":
        return StopRequested(ref=event.ref, user=event.user)
    return event
