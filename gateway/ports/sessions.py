"""The sessions: what the gateway keeps of a conversation beyond the process."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from gateway.model import ConversationRef, UserRef


class SessionRecord(NamedTuple):
    """The part of a session that outlives the process."""

    id: str
    ref: ConversationRef
    user: UserRef | None
    """Who opened it."""
    data: Mapping[str, Any]
    """The JSON part of ``user_session`` (and the runtime's own keys)."""
    started_at: float
    last_at: float
    """Seconds since the epoch of the last turn; at most a minute behind."""


class Sessions(Protocol):
    """Open sessions, by conversation key."""

    async def load(self, conversation: str) -> SessionRecord | None:
        """The open session, None if there is none or it has ended."""
        ...

    async def exists(self, conversation: str) -> bool:
        """Whether a session is open."""
        ...

    async def save(self, session: SessionRecord) -> None:
        """Insert or replace."""
        ...

    async def end(self, conversation: str, *, at: float) -> None:
        """The session is over; its data is dropped."""
        ...

    async def within(self, conversation: str, *, limit: int) -> Sequence[SessionRecord]:
        """Open sessions of conversations below this one: the threads of a channel."""
        ...

    async def idle(self, *, before: float, limit: int) -> Sequence[SessionRecord]:
        """Open sessions whose last turn was before that moment, oldest first."""
        ...
