"""The objects that the pages for operators work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from gateway.http.access import KeyedAccess
from gateway.http.admin.recent_turns import RecentTurns
from gateway.http.admin.shared_turns import SharedTurns
from gateway.ports import Cluster, Inbox, LayerStatus, Operations, Records, Threads
from gateway.runtime.limits import Limits
from gateway.runtime.session import SessionPool
from gateway.runtime.work import ConversationWork


class AdminStore(Operations, Inbox, Records, Threads, Protocol):
    """The store, as far as the pages show and change it."""


class PlatformState(NamedTuple):
    """How a platform is, on this replica."""

    problem: str | None
    """Why it does not work, without secrets; None where it does."""
    counts: Mapping[str, int | str]
    """What happened since the start, by name (``received``, ``failed``, ``last_received``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminParts:
    """The objects that the pages work with."""

    access: KeyedAccess
    key: Callable[[], bytes]
    """Returns the key that sessions of operators are signed with: the same after a restart and on every replica."""
    store: AdminStore
    history: Literal["store", "layer", "off"]
    """Where history is kept."""
    writes: bool
    """Whether dead letters can be run again and dropped here (``GATEWAY_ADMIN=write``)."""
    public_url: str | None
    """The address at which people reach the gateway; None where it is not known."""
    platforms: Callable[[], Mapping[str, PlatformState]]
    limits: Limits
    layer: Callable[[], Awaitable[LayerStatus]] | None
    """Returns how deliveries to the data layer go; None where the bot registered none."""
    work: Callable[[], Sequence[ConversationWork]]
    """Returns the conversations that have work in this process."""
    sessions: SessionPool
    cluster: Cluster
    recent: RecentTurns
    """The last turns of this process."""
    turns: SharedTurns
    """The last turns of all replicas, each by its name."""
    link: Callable[[str], str | None]
    """Returns the link to the content of an element, by its key; None where the gateway's address is not known."""
