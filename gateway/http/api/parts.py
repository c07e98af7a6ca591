"""The objects that the API works with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.adapter import ApiAccess
from gateway.errors import RequestRefused
from gateway.http.links import FileLinks
from gateway.ports import Blobs, Records, Threads
from gateway.proactive.broadcasts import Broadcasts
from gateway.proactive.messages import ProactiveMessages
from gateway.runtime.deletion import Deletion
from gateway.runtime.erasure import Erasure


class ApiStore(Records, Threads, Protocol):
    """The store, as far as the API reads and changes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The objects that the API works with."""

    access: ApiAccess
    store: ApiStore
    deletion: Deletion
    erasure: Erasure
    messages: ProactiveMessages
    broadcasts: Broadcasts
    history: Literal["store", "layer", "off"]
    """Where history is kept."""
    link: Callable[[str], str | None]
    """Returns the link to the content of an element, by its key; None where the gateway's address is not known."""
    links: FileLinks
    """What signs addresses for uploads."""
    blobs: Blobs
    """Where uploaded contents go."""
    public_url: str | None
    """The address at which programs reach the gateway; None where it is not known."""
    max_file_bytes: int
    """Bytes of the largest file that is taken."""


def kept_in(parts: ApiParts) -> ApiParts:
    """Return the objects of the API. Raises ``RequestRefused`` (409) where the store keeps no history."""
    if parts.history == "off":
        raise RequestRefused(409, "history is off here: GATEWAY_HISTORY=on keeps it")
    if parts.history == "layer":
        raise RequestRefused(409, "history is kept by the data layer that the bot registered: ask there")
    return parts
