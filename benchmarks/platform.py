"""What a platform's folder provides: what is measured on it, the targets, and how events are sent."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.fake import Fake
from benchmarks.load import Acks
from benchmarks.values import Closed, Open, Plan

OURS = ("-m", "gateway.cli", "run", "{bot}", "--headless", "--host", "127.0.0.1", "--port", "{port}")


@dataclass(frozen=True, slots=True)
class Subject:
    """A server process to measure and how to start it; ``{port}`` in an argument is replaced by the port."""

    key: str
    title: str
    arguments: Sequence[str]
    peer: str
    """The key of the subject whose CPU time this one's is compared with."""
    share: float = 1.0
    """Number of events as a share of the plan's: fewer for slow subjects, more for quick ones."""
    silent: bool = False
    """Whether the subject answers nothing but the question how many events it has seen."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of its own, over those of all subjects."""


def ours(
    key: str,
    title: str,
    bot: Path,
    *,
    peer: str,
    silent: bool = False,
    share: float = 1.0,
    environment: Mapping[str, str] | None = None,
) -> Subject:
    """Return the subject that is the gateway running a bot file."""
    arguments = [argument.replace("{bot}", str(bot)) for argument in OURS]
    return Subject(key, title, arguments, peer, share, silent, environment or {})


@dataclass(frozen=True, slots=True)
class Target:
    """A limit for a ratio to a peer that was measured in the same rounds."""

    title: str
    peer: str
    limit: float
    of: Callable[[Closed], float] | None = None
    of_open: Callable[[Open], float] | None = None
    subject: str = "ours"


class Growth(NamedTuple):
    """A measurement of memory: after ``first`` events, and again after ``more`` further ones."""

    subject: str
    title: str
    """The name of what must not cost memory."""
    first: int
    more: int
    burst: int
    """Number of events sent at a time. What the allocator keeps after a burst grows with it, and hides leaks."""
    tolerance: int
    """Bytes that one event may seem to cost: the allocator's noise is a few megabytes over all of them. Nothing that is
    really kept for each event is as small."""


class Driver(Protocol):
    """A running fake of the platform, and the sender of its events."""

    @property
    def fake(self) -> Fake: ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that point a bot at the fake."""
        ...

    async def up(self, port: int) -> None:
        """Return when a bot that is just starting takes events."""
        ...

    async def load(self, subject: Subject, numbers: Sequence[int], *, port: int, concurrency: int) -> Acks:
        """Send events as fast as ``concurrency`` senders and the server can. Return when all are done, or no more
        replies come."""
        ...

    async def load_at(self, numbers: Sequence[int], *, port: int, rate: float) -> Acks:
        """Send ``rate`` events a second, whatever the server does."""
        ...

    async def audit(self, subject: Subject) -> None:
        """Ask a silent subject once more what it has seen; does nothing for other subjects."""
        ...

    def seen(self, subject: Subject, numbers: Sequence[int]) -> tuple[int, int]:
        """Return how many of these events were lost, and how many were answered or counted again."""
        ...


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform to measure, with its subjects and targets."""

    name: str
    subjects: Mapping[str, Subject]
    targets: Sequence[Target]
    drive: Callable[[Plan], AbstractAsyncContextManager[Driver]]
    latency: str
    """What the measured latencies end with: ``ack`` or ``reply``."""
    concurrency: int
    growth: Growth | None = None
    fixed_rate: bool = False
    """Whether the platform is also measured at a fixed rate."""


def keyed(*subjects: Subject) -> Mapping[str, Subject]:
    """Return the subjects by their keys."""
    return {subject.key: subject for subject in subjects}
