"""Who watches the emulator: recorded calls, waiting tests, and the playground's subscribers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar
from weakref import WeakSet

from gateway.emulators.common.values import JSON, Call

T = TypeVar("T")

MAX_CALLS = 10_000
MAX_QUEUED = 1_000
SECRET_KEYS = frozenset(
    {"token", "bot_access_token", "access_token", "client_secret", "authorization", "signing_secret"}
    | {"response_url", "upload_url", "uploadUrl"}
)
_SECRET_STARTS = ("xoxb-", "xapp-", "xoxp-", "Bearer ", "Bot ", "eyJ")
"""Tokens by how they begin: Slack's, two authorization headers, a JWT."""


def redact(value: Any) -> Any:
    """A copy without tokens and capability URLs."""
    if isinstance(value, Mapping):
        return {k: "[redacted]" if k in SECRET_KEYS and isinstance(v, str) else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, str) and value.startswith(_SECRET_STARTS):
        return "[redacted]"
    return value


class Subscription(AsyncIterator[JSON]):
    """One watcher's bounded queue."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[JSON] = asyncio.Queue(MAX_QUEUED)
        self._closed = False

    def put(self, entry: JSON) -> None:
        if self._closed:
            return
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait({"type": "resync"})
        self._queue.put_nowait(entry)

    async def __anext__(self) -> JSON:
        if self._closed:
            raise StopAsyncIteration
        return await self._queue.get()

    async def aclose(self) -> None:
        self._closed = True


class Observers:
    """Costs next to nothing while nobody watches."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=MAX_CALLS)
        self._waiting: set[asyncio.Event] = set()
        self._subscribers: WeakSet[Subscription] = WeakSet()

    @property
    def watched(self) -> bool:
        return bool(self._subscribers)

    def changed(self) -> None:
        """Wake whoever waits for a condition."""
        for event in self._waiting:
            event.set()

    async def wait_for(self, predicate: Callable[[], T], timeout: float) -> T:
        """The first true value of ``predicate``, tried again after each change. Raises ``TimeoutError``."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    event.clear()
                    value = predicate()
                    if value:
                        return value
                    await event.wait()
        finally:
            self._waiting.discard(event)

    def publish(self, entry: JSON) -> None:
        """Hand an entry to every subscriber; one that lags loses its backlog and is told to start over."""
        for subscription in tuple(self._subscribers):
            subscription.put(entry)

    def watch(self) -> "Subscription":
        """Subscribed from now on, until the subscription is closed or forgotten."""
        subscription = Subscription()
        self._subscribers.add(subscription)
        return subscription

    def wire(
        self, direction: str, name: str, *, status: int, request: Any, response: Any, ms: float, at: float
    ) -> None:
        if self._subscribers:
            self.publish(
                {
                    "type": "wire",
                    "direction": direction,
                    "name": name,
                    "status": status,
                    "request": redact(request),
                    "response": redact(response),
                    "ms": round(ms, 2),
                    "at": at,
                }
            )
