"""What a run is asked to do, and what it measured."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """What all runs of a measurement have in common."""

    events: int = 4000
    warmup: int = 500
    rounds: int = 5
    concurrency: int = 32
    threads: int = 0
    """Number of threads the events are spread over; 0 for a thread for each event."""
    seconds: float = 4.0
    """Seconds that the run at a fixed rate takes."""
    server_core: int | None = None


@dataclass(slots=True)
class Account:
    """What became of the events sent to one process."""

    sent: list[int] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """Number of calls to the platform's API, by method."""

    @property
    def exact(self) -> bool:
        """Whether every event was accepted, and answered or counted exactly once."""
        return not (self.lost or self.doubled or self.refused)


@dataclass(frozen=True, slots=True)
class Closed:
    """The measurements of a run at full load."""

    cpu_ms: float
    """Milliseconds of user and system time of the server process per event, all threads."""
    p50_ms: float
    p99_ms: float
    rate: float
    """Events a second, from sending the first one to finishing the last one."""
    idle_mb: float
    loaded_mb: float
    start_s: float
    account: Account


@dataclass(frozen=True, slots=True)
class Open:
    """The measurements of a run at a fixed rate."""

    rate: float
    p50_ms: float
    p99_ms: float
    account: Account


@dataclass(frozen=True, slots=True)
class Rest:
    """The memory that events still take once their conversations' sessions rest."""

    more: int
    first_mb: float
    """MiB of resident memory after the first batch of events, once its sessions rest."""
    last_mb: float
    account: Account

    @property
    def bytes_each(self) -> float:
        """Bytes of resident memory per event of the second batch; the first has paid for the allocator's high-water
        mark."""
        return (self.last_mb - self.first_mb) * 2**20 / self.more
