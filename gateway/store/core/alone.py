"""The cluster of a store that one process owns: that process alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Alone:
    """Implements ``gateway.ports.Cluster`` for the only replica there can be."""

    shared = False
    replicas = 1
    fenced = False
    held = 0
    parts: Sequence[str] = ()

    def __init__(self) -> None:
        self.ahead = 0.0
        """Seconds that this clock is ahead of the machine's: tests move it (``gateway.testing``)."""

    def now(self) -> float:
        return time.time() + self.ahead

    async def lead(self, part: str, *, lost: Callable[[], None] | None = None) -> bool:
        return True

    async def step_down(self, part: str) -> None:
        """Do nothing: there is nobody to take it."""

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Do nothing: there is nobody to be told."""

    def listen(self, topic: str, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Do nothing: nobody tells anything."""
