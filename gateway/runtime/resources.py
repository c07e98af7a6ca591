"""What lives beside a session in memory and cannot be stored, such as connections to other servers."""

from typing import Protocol

from gateway.runtime.session import Session
from gateway.runtime.turn import Turn


class SessionResources(Protocol):
    """Opens resources for a session before its handlers run, and closes them when the session ends, leaves memory or
    the process ends."""

    async def prepare(self, turn: Turn) -> None:
        """Open what the session of the turn has not, or has no more, before the turn's handler runs."""
        ...

    async def end(self, turn: Turn) -> None:
        """Close what the session of the turn has, which ends with the turn."""
        ...

    def leave(self, session: Session) -> None:
        """Let go of what the session has, which has just left memory. Never waits: it is closed in the background."""
        ...

    async def close(self) -> None:
        """Close everything, of all sessions: the process ends."""
        ...
