"""The objects that the API works with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.adapter import ApiAccess
from gateway.ports import Records, Threads
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
