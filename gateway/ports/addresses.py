"""The port for addresses: where in a conversation something can be said without being asked."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gateway.model import ConversationKind, ConversationRef


class Address(NamedTuple):
    """A conversation the bot took part in, by the newest thread that is known of it."""

    ref: ConversationRef
    user: str
    """The person who began the thread (``UserRef.key``); empty where that is not known."""


class WantedAddresses(NamedTuple):
    """Which conversations are wanted: those that meet all conditions."""

    prefix: str
    """How their keys begin, with a colon at the end: ``slack:`` or ``slack:T1:``."""
    before: float
    """The time (epoch seconds) at which they existed already."""
    kind: ConversationKind | None = None
    """Of which kind they are; None for any."""
    active_since: float | None = None
    """The time (epoch seconds) since which they were used; None for any. What is known of that may be an hour old."""


class Addresses(Protocol):
    """Finds conversations among the kept threads and the open sessions. One whose threads were all deleted is not
    found. One that the platform has ended is found while a thread of it is kept: it may have been opened again."""

    async def address(self, name: str) -> Address | None:
        """Return the conversation with this key (``ConversationRef.key``), or the one of the kept thread with this
        id; None if it is not known."""
        ...

    async def addresses(self, wanted: WantedAddresses, *, after: str, limit: int) -> Sequence[Address]:
        """Return at most ``limit`` conversations whose keys come after ``after``, in the order of their keys."""
        ...

    async def count_addresses(self, wanted: WantedAddresses) -> int:
        """Return how many conversations there are."""
        ...
