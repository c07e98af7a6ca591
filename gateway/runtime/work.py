"""A delivery on its way to a turn."""

import asyncio
from bisect import insort
from collections import deque
from dataclasses import dataclass
from typing import Literal

from gateway.model import (
    ConversationEnded,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
    StopRequested,
)
from gateway.ports import Delivery, SessionRecord
from gateway.runtime.tokens import Token

SIDE_EVENTS = (FeedbackGiven, FormSubmitted, ReactionChanged, MessageEdited, MessageDeleted, StopRequested)
"""Events about what was said before: they bypass the queue and never open a session."""


@dataclass(slots=True, eq=False)
class Work:
    """A stored delivery with what was read out of it."""

    delivery: Delivery
    event: Event
    token: Token | None = None
    """What the event's token says, if it has one."""
    session: SessionRecord | None = None
    session_read: bool = False
    """Whether ``session`` is what the store says now (None: there is none), or it was not asked."""
    started: bool = False
    """Whether the store knows that its turn begins."""
    refused: Literal["closed", "not_yours"] | None = None
    """Why a click that answers an ask was not taken."""

    @property
    def key(self) -> str:
        return self.delivery.envelope.key

    @property
    def is_side(self) -> bool:
        """Whether it runs beside the queue."""
        return isinstance(self.event, SIDE_EVENTS) or self.refused is not None

    @property
    def opens(self) -> bool:
        """Whether it may open a session where there is none."""
        return not isinstance(self.event, (*SIDE_EVENTS, ConversationEnded)) and self.refused is None


class Queue(deque[Work]):
    """Work in order of arrival."""

    woken: asyncio.Future[None] | None = None
    """Set while somebody waits for more: resolved when something is put in."""

    def put(self, work: Work) -> None:
        """Put it in its place."""
        if not self or self[-1].delivery.seq < work.delivery.seq:
            self.append(work)
        else:
            insort(self, work, key=_seq)
        if self.woken is not None and not self.woken.done():
            self.woken.set_result(None)


def _seq(work: Work) -> int:
    return work.delivery.seq
