"""The whole store: every port over one database."""

from typing import Protocol

from gateway.ports.inbox import Inbox
from gateway.ports.journals import Journals
from gateway.ports.outcomes import Outcomes
from gateway.ports.payloads import Payloads
from gateway.ports.sessions import Sessions


class Store(Inbox, Outcomes, Journals, Sessions, Payloads, Protocol):
    """All of it over one database."""

    async def open(self) -> None:
        """Take ownership, create or migrate the schema. Raises ``SettingsError`` naming the fix when it cannot."""
        ...

    async def close(self) -> None:
        """Write what is pending and let go."""
        ...

    async def ping(self) -> None:
        """Raises unless the store can commit now."""
        ...

    async def prune(
        self,
        *,
        done_before: float,
        tokens_before: float,
        values_before: float,
        messages_before: float,
        limit: int = 1000,
    ) -> int:
        """Delete at most ``limit`` rows that are old enough, and return how many there were.

        The times are in seconds since the epoch. ``done_before`` is for done deliveries (their keys recognise
        duplicates until then) and ended sessions, ``tokens_before`` for long button tokens, ``values_before`` for what
        adapters keep, ``messages_before`` for message records; of these three by the time they were last put.
        """
        ...
