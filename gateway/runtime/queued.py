"""A delivery on its way to a turn."""

import asyncio
import time
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from gateway.model import (
    ConversationEnded,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
    StopRequested,
)
from gateway.ports import Delivery, SessionRecord
from gateway.runtime.tokens import AnyToken
from gateway.runtime.twins import merged

Refusal = Literal["closed", "not_yours", "nothing"]
"""The ask it answers is over; it is somebody else's; nothing of it stands here (it was taken away, or is not ours)."""

SIDE_EVENTS = (FeedbackGiven, FormSubmitted, ReactionChanged, MessageEdited, MessageDeleted, StopRequested)
"""Events about what was said before: they bypass the queue and never open a session."""


@dataclass(slots=True, eq=False)
class QueuedDelivery:
    """What was read out of a stored delivery. Its raw body is not kept: while work waits, that would be most of it."""

    key: str
    seq: int
    """The order of arrival, over all conversations."""
    received_at: float
    """Seconds since the epoch."""
    event: Event
    attempts: int = 0
    """Turns of it that failed."""
    interrupted: int = 0
    """Times its process died while it was (or may have been) running, see ``Inbox.recover``."""
    revived: bool = False
    """What an earlier run left is still there, though it does not count: it was a dead letter, or a process that ended
    in time handed it over."""
    token: AnyToken | None = None
    """What the event's token says, if it has one."""
    session: SessionRecord | None = None
    session_read: bool = False
    """Whether ``session`` is what the store says now (None: there is none), or it was not asked."""
    started: bool = False
    """Whether the store knows that its turn begins."""
    refused: Refusal | None = None
    """Why a click, a form or thumbs are not taken."""
    begun: bool = False
    """Its handler was called: what a twin of it says from then on comes too late."""
    twin: asyncio.Event | None = None
    """Set while the twin of a partial message is waited for: set when it has come."""
    withdrawn: bool = False
    """What it is about was deleted before its turn began: there is nothing to do."""
    on_wait: Callable[[bool], object] | None = None
    """Called with True when its turn begins to wait for an answer, with False when it goes on."""

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
        """The work in a delivery."""
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
        )

    def learn(self, second: MessageCreated) -> bool:
        """Take in what a second delivery of the same message says; whether there was anything worth storing."""
        first = self.event
        if self.begun or not isinstance(first, MessageCreated):
            return False
        self.event = merged(first, second)
        if self.twin is not None:
            self.twin.set()
        return self.event != replace(first, partial=self.event.partial)

    async def twin_within(self, seconds: float) -> None:
        """Wait until its twin has come, for so many seconds after its arrival at most."""
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
        """Whether it is what somebody wrote in this message."""
        return isinstance(self.event, MessageCreated) and self.event.message_id == message_id

    @property
    def is_side(self) -> bool:
        """Whether it runs beside the queue."""
        return isinstance(self.event, SIDE_EVENTS) or self.refused is not None

    @property
    def opens(self) -> bool:
        """Whether it may open a session where there is none."""
        return not isinstance(self.event, (*SIDE_EVENTS, ConversationEnded)) and self.refused is None


class DeliveryQueue(list[QueuedDelivery]):
    """Work in order of arrival. A list, because each conversation with work has one: it holds few, and a deque makes
    room for 64."""

    __slots__ = ("woken",)

    def __init__(self) -> None:
        super().__init__()
        self.woken: asyncio.Future[None] | None = None
        """Set while somebody waits for more: resolved when something is put in."""

    def put(self, queued: QueuedDelivery) -> None:
        """Put it in its place."""
        if not self or self[-1].seq < queued.seq:
            self.append(queued)
        else:
            insort(self, queued, key=_seq)
        if self.woken is not None and not self.woken.done():
            self.woken.set_result(None)


def _seq(queued: QueuedDelivery) -> int:
    return queued.seq
