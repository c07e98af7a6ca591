"""What is asked for, and what one run measured."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """The knobs."""

    events: int = 4000
    warmup: int = 500
    rounds: int = 5
    concurrency: int = 32
    threads: int = 0
    """Spread the events over so many threads; 0 for a thread each."""
    seconds: float = 4.0
    """Length of the open loop."""
    server_core: int | None = None


@dataclass(slots=True)
class Account:
    """What became of the events sent to one process."""

    sent: list[int] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """Calls to the platform's API, by method."""

    @property
    def exact(self) -> bool:
        """Every event was taken, and answered or counted once."""
        return not (self.lost or self.doubled or self.refused)


@dataclass(frozen=True, slots=True)
class Closed:
    """A run at full load."""

    cpu_ms: float
    """User and system time of the server process per event, all threads."""
    p50_ms: float
    p99_ms: float
    rate: float
    """Events a second, from the first one sent to the last one done."""
    idle_mb: float
    loaded_mb: float
    start_s: float
    account: Account


@dataclass(frozen=True, slots=True)
class Open:
    """A run at a fixed rate."""

    rate: float
    p50_ms: float
    p99_ms: float
    account: Account


@dataclass(frozen=True, slots=True)
class Rest:
    """What events leave behind in memory once their conversations rest."""

    more: int
    first_mb: float
    """RSS after the events before those had come and their conversations gone to rest."""
    last_mb: float
    account: Account

    @property
    def bytes_each(self) -> float:
        """RSS per event of the second batch; the first has paid for the allocator's high-water mark."""
        return (self.last_mb - self.first_mb) * 2**20 / self.more
