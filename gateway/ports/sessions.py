"""The sessions: what the gateway keeps of each conversation beyond the process."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from gateway.model import ConversationRef, UserRef

PEOPLE = "gateway:people"
"""The name of the value in ``SessionRecord.data`` that lists who took part (``UserRef.key``), so that they can be
erased."""
ANEW = "gateway:anew"
"""The name of a value of a stored session that was not opened for the bot yet: it lost its other values, because a
person was erased who took part in it, or a program said something in it before any person did. ``on_chat_start`` runs
with the next event."""


class SessionRecord(NamedTuple):
    """The part of a session that outlives the process."""

    id: str
    ref: ConversationRef
    user: UserRef | None
    """The person whose event opened the session."""
    data: Mapping[str, Any]
    """The values of ``user_session`` that JSON can hold, and the runtime's own keys."""
    started_at: float
    """When the session was opened, in seconds since the epoch."""
    last_at: float
    """When its last turn began, in seconds since the epoch; the stored time is at most a minute behind."""


class Sessions(Protocol):
    """Stores the open sessions, by conversation key."""

    async def load(self, conversation: str) -> SessionRecord | None:
        """Return the conversation's open session, None if there is none or it has ended."""
        ...

    async def exists(self, conversation: str) -> bool:
        """Whether the conversation has an open session."""
        ...

    async def save(self, session: SessionRecord) -> None:
        """Insert the session or replace the one that its conversation has."""
        ...

    async def end(self, conversation: str, *, at: float) -> None:
        """End the conversation's session at ``at`` (epoch seconds) and drop its data."""
        ...

    async def within(self, conversation: str, *, limit: int) -> Sequence[SessionRecord]:
        """Return at most ``limit`` open sessions of conversations inside this one, such as the threads of a channel."""
        ...

    async def idle(self, *, before: float, limit: int) -> Sequence[SessionRecord]:
        """Return at most ``limit`` open sessions whose last turn was before ``before`` (epoch seconds), oldest
        first."""
        ...
