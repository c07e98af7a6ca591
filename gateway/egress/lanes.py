"""Keeps what goes to one conversation in order: who comes first goes first, one at a time."""

import asyncio
from types import TracebackType


class _Lane:
    __slots__ = ("lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0


class _Hold:
    """``async with`` it to be alone in the lane."""

    __slots__ = ("_key", "_lane", "_lanes")

    def __init__(self, lanes: dict[str, _Lane], key: str) -> None:
        self._lanes = lanes
        self._key = key
        lane = lanes.get(key)
        if lane is None:
            lane = lanes[key] = _Lane()
        self._lane = lane

    async def __aenter__(self) -> None:
        self._lane.users += 1
        try:
            await self._lane.lock.acquire()
        except BaseException:  # cancelled while waiting: leave the line
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lane.lock.release()
        self._leave()

    def _leave(self) -> None:
        self._lane.users -= 1
        if not self._lane.users:
            del self._lanes[self._key]


class Lanes:
    """One lane per key, which exists while somebody is in it."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def hold(self, key: str) -> _Hold:
        """The lane of this key, to be entered at once with ``async with``."""
        return _Hold(self._lanes, key)
