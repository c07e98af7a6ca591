"""Locks by key, such as one per conversation: the holders of one key take turns, first come, first served."""

import asyncio
from types import TracebackType


class _Lock:
    __slots__ = ("lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0


class _Hold:
    """Holds the lock of one key inside ``async with``, after waiting for those that came before."""

    __slots__ = ("_key", "_lock", "_locks")

    def __init__(self, locks: dict[str, _Lock], key: str) -> None:
        self._locks = locks
        self._key = key
        held = locks.get(key)
        if held is None:
            held = locks[key] = _Lock()
        self._lock = held

    async def __aenter__(self) -> None:
        self._lock.users += 1
        try:
            await self._lock.lock.acquire()
        except BaseException:  # cancelled while waiting: leave the queue
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.lock.release()
        self._leave()

    def _leave(self) -> None:
        self._lock.users -= 1
        if not self._lock.users:
            del self._locks[self._key]


class KeyedLocks:
    """One lock per key. A lock exists while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: dict[str, _Lock] = {}

    def __len__(self) -> int:
        return len(self._locks)

    def hold(self, key: str) -> _Hold:
        """Return the lock of this key, to be entered at once with ``async with``."""
        return _Hold(self._locks, key)
