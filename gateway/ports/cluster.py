"""The port for what the replicas of a gateway share beside what they store: who does what, and short words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class Cluster(Protocol):
    """The replicas of one gateway: the processes that work on the same store now, this one among them.

    A replica that cannot renew its lease in the database in time is *fenced*: it holds no conversation and no part any
    more, sends nothing and stores nothing, until it has joined again. All methods are called on the event loop.
    """

    @property
    def shared(self) -> bool:
        """Whether other replicas may work on the store, now or later."""
        ...

    @property
    def replicas(self) -> int:
        """How many replicas are alive and not about to end, as of the last heartbeat; at least 1."""
        ...

    @property
    def held(self) -> int:
        """How many conversations this replica has the lease of; 0 where there are no leases."""
        ...

    @property
    def parts(self) -> Sequence[str]:
        """The names of the parts that this replica has (see ``lead``); empty where it is alone."""
        ...

    @property
    def fenced(self) -> bool:
        """Whether this replica's lease has ended, by a clock of its own, so that others may have taken over. It costs
        next to nothing to ask."""
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch, by a clock that all replicas share (the database's); that of
        this machine may be wrong."""
        ...

    async def lead(self, part: str, *, lost: Callable[[], None] | None = None) -> bool:
        """Take the part of this name, which one replica has at a time, and return whether this replica has it now. It
        keeps it until it steps down, ends or is fenced. Asked again it says so again; others ask every now and then.

        Args:
            part: What is done once for all replicas (``housekeeping``, ``discord.shard.0``).
            lost: Called, on the event loop, when this replica is fenced while it has the part: before another one can
                take it, unless this process was frozen.
        """
        ...

    async def step_down(self, part: str) -> None:
        """Let another replica take a part; nothing where this one does not have it."""
        ...

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Tell all other replicas something, soon and at most once: what must not be lost belongs into the store.

        Args:
            topic: What it is about, for those who listen.
            body: A JSON object of at most 7,000 bytes; a larger one is not told, and logged.
        """
        ...

    def listen(self, topic: str, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Have ``hear`` called, on the event loop, with what other replicas tell of a topic."""
        ...
