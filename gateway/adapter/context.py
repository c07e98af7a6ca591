"""What an adapter is given of the gateway around it: limits, files kept for later, and a few small durable values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from gateway.model import OutgoingFile


class HeldFile(NamedTuple):
    """A file kept for a while."""

    name: str
    mime: str
    path: Path
    size: int
    """Bytes."""


class FileVault(Protocol):
    """Files for platforms that take them later than the message: on the user's consent, or by a link."""

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        """Keep a copy for some days; its id, the same for the same key, name and conversation. ``conversation``
        (``ConversationRef.key``) is where it is offered: from elsewhere its id opens nothing."""
        ...

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        """The file, if it was held for this conversation. None when it is unknown, was dropped, or belongs to another
        one: an id that came back from a client proves nothing by itself."""
        ...

    async def drop(self, id: str) -> None:
        """It is not needed any more."""
        ...

    def link(self, id: str, *, seconds: float) -> str | None:
        """A signed address it can be downloaded from for so long; None when the gateway's own address is not known
        (``GATEWAY_PUBLIC_URL``)."""
        ...


class KeyValueStore(Protocol):
    """A few small values an adapter keeps beyond its process, by name (``discord.session.0``)."""

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Returns once it is durable."""
        ...

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        """What was kept last; None if nothing was, or not for 90 days."""
        ...


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What an adapter may know of the gateway around it."""

    max_body_bytes: int = 1_048_576
    """The largest webhook body to take; more is answered 413."""
    loopback: bool = False
    """Only this machine can reach the gateway."""
    files: FileVault | None = None
    store: KeyValueStore | None = None
    """Can be used while connected."""
