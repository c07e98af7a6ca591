"""What a platform brings along: what is measured on it, what is to be reached, and how events get in."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.fake import Fake
from benchmarks.load import Acks
from benchmarks.values import Closed, Open, Plan

OURS = ("-m", "gateway.cli", "run", "{bot}", "--headless", "--host", "127.0.0.1", "--port", "{port}")


@dataclass(frozen=True, slots=True)
class Subject:
    """One server process and how to start it; ``{port}`` stands for the port."""

    key: str
    title: str
    arguments: Sequence[str]
    peer: str
    """The subject its CPU is a ratio of."""
    share: float = 1.0
    """Of the events of the plan: fewer for the slow, more for the quick."""
    silent: bool = False
    """It answers nothing but the question how many events it has seen."""


def ours(key: str, title: str, bot: Path, *, peer: str, silent: bool = False, share: float = 1.0) -> Subject:
    """The gateway running a bot file."""
    arguments = [argument.replace("{bot}", str(bot)) for argument in OURS]
    return Subject(key, title, arguments, peer, share, silent)


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach, as a ratio to a peer measured in the same rounds."""

    title: str
    peer: str
    limit: float
    of: Callable[[Closed], float] | None = None
    of_open: Callable[[Open], float] | None = None
    subject: str = "ours"


class Growth(NamedTuple):
    """A run whose memory is looked at: after ``first`` events, and after ``more`` of them."""

    subject: str
    title: str
    """What may not cost memory."""
    first: int
    more: int
    burst: int
    """Events sent at a time. What a burst leaves behind in the allocator grows with it, and hides what leaks."""
    tolerance: int
    """Bytes one may seem to cost: a few megabytes of allocator noise over all of them. Nothing that is kept for each
    is as small."""


class Driver(Protocol):
    """A running fake of the platform, and what sends its events."""

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
        """As fast as ``concurrency`` senders and the server can. Returns when all is done, or nothing more comes."""
        ...

    async def load_at(self, numbers: Sequence[int], *, port: int, rate: float) -> Acks:
        """``rate`` events a second, whatever the server does."""
        ...

    async def audit(self, subject: Subject) -> None:
        """Ask a silent subject once more what it has seen; nothing for the others."""
        ...

    def seen(self, subject: Subject, numbers: Sequence[int]) -> tuple[int, int]:
        """How many of them were lost, and how often one was answered or counted again."""
        ...


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform."""

    name: str
    subjects: Mapping[str, Subject]
    targets: Sequence[Target]
    drive: Callable[[Plan], AbstractAsyncContextManager[Driver]]
    latency: str
    """What the latencies are of."""
    concurrency: int
    growth: Growth | None = None
    fixed_rate: bool = False
    """Also measured at a fixed rate."""


def keyed(*subjects: Subject) -> Mapping[str, Subject]:
    """Subjects by their keys."""
    return {subject.key: subject for subject in subjects}
