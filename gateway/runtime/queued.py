"""A delivery in memory that waits for its turn, and the queue of those of one conversation."""

import asyncio
import time
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from gateway.model import (
    ConversationEnded,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
    Record,
    StopRequested,
)
from gateway.ports import Delivery, SessionRecord
from gateway.runtime.tokens import AnyToken
from gateway.runtime.twins import merged

Refusal = Literal["closed", "not_yours", "nothing"]
"""Why an interaction is refused: its ask is over (``closed``), somebody else was asked (``not_yours``), or its button
does nothing here (``nothing``), because the button was removed or belongs to another conversation."""

REFUSALS: Mapping[Refusal, str] = {
    "closed": "This question is no longer open.",
    "not_yours": "This question was asked of somebody else.",
    "nothing": "That button does nothing any more.",
}
"""The text shown to a person whose click is refused, by the reason."""

BODY_LIMIT = 64 * 1024
"""Bytes of a raw body that are kept in memory."""

SIDE_EVENTS = (FeedbackGiven, FormSubmitted, ReactionChanged, MessageEdited, MessageDeleted, StopRequested)
"""Events about an earlier message or a running turn. They bypass the queue and never open a session."""


@dataclass(slots=True, eq=False)
class QueuedDelivery:
    """A stored delivery in memory, with its decoded event. The raw body is kept as JSON text, which takes a tenth
    of the memory of the objects."""

    key: str
    seq: int
    """The order of arrival, over all conversations."""
    received_at: float
    """Time of arrival in seconds since the epoch."""
    event: Event
    attempts: int = 0
    """How many turns of the delivery failed."""
    interrupted: int = 0
    """How many processes died while the turn ran or may have run, as ``Inbox.recover`` counts."""
    revived: bool = False
    """Whether an earlier run, which does not count as failed, may have left effects: the delivery was a dead letter, or
    a process that shut down handed it over."""
    token: AnyToken | None = None
    """The decoded token of the event's button or form, None if it has none."""
    session: SessionRecord | None = None
    """The stored session of the conversation, if ``session_read``."""
    session_read: bool = False
    """Whether ``session`` was read from the store and is up to date; None then means that there is none."""
    started: bool = False
    """Whether the store has noted that the turn begins."""
    refused: Refusal | None = None
    """Why a click, a form or feedback is refused, None if it is not."""
    begun: bool = False
    """Whether the handler was called, after which a second delivery of the same message adds nothing."""
    twin: asyncio.Event | None = None
    """Event that is set when the second delivery of a partial message has come; None while nobody waits for it."""
    beside: bool = False
    """Whether the turn runs beside another one of its conversation that waits for an answer."""
    withdrawn: bool = False
    """Whether the message was deleted before its turn began, so that there is nothing to do."""
    body: bytes = b"{}"
    """The raw body as JSON; an empty object where it was larger than ``BODY_LIMIT``."""
    records: Sequence[Record] = ()
    """What the last run left for the history when it failed, so that it is kept if there is no further run."""
    on_wait: Callable[[bool], object] | None = None
    """Called with True when the turn begins to wait for an answer, and with False when it goes on."""
    began: float | None = None
    """When the run of the turn began (``time.perf_counter``); None while none runs."""

    @classmethod
    def of(
        cls,
        delivery: Delivery,
        event: Event,
        token: AnyToken | None,
        *,
        session: SessionRecord | None = None,
        session_read: bool = False,
        started: bool = False,
        refused: Refusal | None = None,
    ) -> "QueuedDelivery":
        """Make the queued delivery of a stored one, without its raw body."""
        envelope = delivery.envelope
        return cls(
            key=envelope.key,
            seq=delivery.seq,
            received_at=envelope.received_at,
            event=event,
            attempts=delivery.attempts,
            interrupted=delivery.interrupted,
            revived=delivery.revived,
            token=token,
            session=session,
            session_read=session_read,
            started=started,
            refused=refused,
            body=_packed(envelope.body),
        )

    def raw(self) -> dict[str, Any]:
        """Return what the platform sent; empty where it was larger than ``BODY_LIMIT``."""
        body: dict[str, Any] = orjson.loads(self.body)
        return body

    def learn(self, second: MessageCreated) -> bool:
        """Merge a second delivery of the same message into the event. Returns whether it added anything worth
        storing."""
        first = self.event
        if self.begun or not isinstance(first, MessageCreated):
            return False
        self.event = merged(first, second)
        if self.twin is not None:
            self.twin.set()
        return self.event != replace(first, partial=self.event.partial)

    async def twin_within(self, seconds: float) -> None:
        """Wait until the second delivery of the same message has come, until ``seconds`` after the arrival of the first
        at most."""
        left = self.received_at + seconds - time.time()
        if left <= 0:
            return
        self.twin = asyncio.Event()
        try:
            async with asyncio.timeout(min(left, seconds)):
                await self.twin.wait()
        except TimeoutError:
            return
        finally:
            self.twin = None

    @property
    def rerun(self) -> bool:
        """Whether an earlier run may have left effects behind."""
        return self.revived or self.attempts + self.interrupted > 0

    def is_about(self, message_id: str) -> bool:
        """Whether the event is the creation of the message with this id."""
        return isinstance(self.event, MessageCreated) and self.event.message_id == message_id

    @property
    def is_side(self) -> bool:
        """Whether the delivery runs beside the queue of its conversation."""
        return isinstance(self.event, SIDE_EVENTS) or self.refused is not None

    @property
    def opens(self) -> bool:
        """Whether the delivery opens a session in a conversation that has none."""
        side = self.beside or isinstance(self.event, (*SIDE_EVENTS, ConversationEnded))
        return not side and self.refused is None


class DeliveryQueue(list[QueuedDelivery]):
    """The waiting deliveries of one conversation in order of arrival. It is a list because it holds few deliveries, and
    each deque would take the memory of 64."""

    __slots__ = ("woken",)

    def __init__(self) -> None:
        super().__init__()
        self.woken: asyncio.Future[None] | None = None
        """Future that is resolved when a delivery is put in; None while nobody waits for one."""

    def put(self, queued: QueuedDelivery) -> None:
        """Insert a delivery at its place in the order of arrival."""
        if not self or self[-1].seq < queued.seq:
            self.append(queued)
        else:
            insort(self, queued, key=_seq)
        if self.woken is not None and not self.woken.done():
            self.woken.set_result(None)


def _packed(body: Mapping[str, Any]) -> bytes:
    try:
        packed = orjson.dumps(body)
    except TypeError:  # half a surrogate pair, or an integer beyond 64 bits
        return b"{}"
    return bytes(memoryview(packed)) if len(packed) <= BODY_LIMIT else b"{}"


def _seq(queued: QueuedDelivery) -> int:
    return queued.seq
