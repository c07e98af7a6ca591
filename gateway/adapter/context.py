"""What an adapter is given of the gateway: limits, a vault for files to hand out later, and a store for a few durable
values."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from gateway.model import OutgoingFile


class HeldFile(NamedTuple):
    """A file that the gateway holds for some days."""

    name: str
    mime: str
    size: int
    """Bytes."""
    read: Callable[[], AsyncIterator[bytes]]
    """Begins to read the content, in chunks. Iterating raises ``FileNotFoundError`` when the file was dropped
    meanwhile, and ``OSError`` when the storage fails."""


class FileVault(Protocol):
    """Holds files for platforms that take them later than the message: on the user's consent, or by a link."""

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        """Hold a copy of a file for some days and return its id, which is the same for the same key, name and
        conversation. ``conversation`` (``ConversationRef.key``) is where the file is offered: from elsewhere its id
        opens nothing."""
        ...

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        """Return the file, if it is held for this conversation. None when it is unknown, was dropped, or belongs to
        another conversation: an id that came back from a client proves nothing by itself."""
        ...

    async def drop(self, id: str) -> None:
        """Remove a file that is not needed any more."""
        ...

    def link(self, id: str, *, seconds: float) -> str | None:
        """Return a signed address from which the file can be downloaded for this many seconds; None when the gateway's
        own address is not known (``GATEWAY_PUBLIC_URL``)."""
        ...


class KeyValueStore(Protocol):
    """A few small values that an adapter stores beyond its process, by name (``discord.session.0``)."""

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Store a value; returns once it is durable."""
        ...

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        """Return the value stored last; None if nothing was stored, or not within 90 days."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What an adapter may know and use of the gateway."""

    max_body_bytes: int = 1_048_576
    """Bytes of the largest webhook body to accept; a larger one is answered 413."""
    loopback: bool = False
    """Whether only this machine can reach the gateway."""
    files: FileVault | None = None
    """The vault for files to hand out later; None where the gateway has none."""
    store: KeyValueStore | None = None
    """The store for an adapter's durable values; usable while connected. None where the gateway has none."""
