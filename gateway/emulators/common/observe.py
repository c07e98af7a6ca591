"""Observers of an emulator: the record of calls, tests that wait for a change, and the playground's subscribers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar
from weakref import WeakSet

from gateway.emulators.common.values import JSON, Call

T = TypeVar("T")

MAX_CALLS = 10_000
"""Calls kept in the record; the oldest are forgotten first."""
MAX_QUEUED = 1_000
"""Changes queued for one subscriber; beyond that the queue is emptied and the subscriber is told to resync."""
SECRET_KEYS = frozenset(
    {"token", "bot_access_token", "access_token", "client_secret", "authorization", "signing_secret"}
    | {"response_url", "upload_url", "uploadUrl"}
)
"""Names of fields whose values ``redact`` replaces."""
_SECRET_STARTS = ("xoxb-", "xapp-", "xoxp-", "Bearer ", "Bot ", "eyJ")
"""How tokens begin: Slack's, those of two authorization headers, and a JWT."""


def redact(value: Any) -> Any:
    """Return a copy without tokens and without URLs that grant access."""
    if isinstance(value, Mapping):
        return {k: "[redacted]" if k in SECRET_KEYS and isinstance(v, str) else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, str) and value.startswith(_SECRET_STARTS):
        return "[redacted]"
    return value


class Subscription(AsyncIterator[JSON]):
    """A bounded queue of changes for one subscriber."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[JSON] = asyncio.Queue(MAX_QUEUED)
        self._closed = False

    def put(self, entry: JSON) -> None:
        """Queue a change. A full queue is emptied first and begins again with ``{"type": "resync"}``."""
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
        """End the subscription; iterating over it stops."""
        self._closed = True


class Observers:
    """Records calls, wakes waiting tests and publishes changes. Publishing is nearly free while nobody subscribes."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=MAX_CALLS)
        self._waiting: set[asyncio.Event] = set()
        self._subscribers: WeakSet[Subscription] = WeakSet()

    @property
    def watched(self) -> bool:
        """Whether anybody subscribes to changes."""
        return bool(self._subscribers)

    def changed(self) -> None:
        """Let all waiting tests try their conditions again."""
        for event in self._waiting:
            event.set()

    async def wait_for(self, predicate: Callable[[], T], timeout: float) -> T:
        """Return the first true value of ``predicate``, which is tried after each change. Raises ``TimeoutError`` after
        ``timeout`` seconds."""
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
        """Queue a change for every subscriber. A subscriber that lags loses its queue and is told to resync."""
        for subscription in tuple(self._subscribers):
            subscription.put(entry)

    def watch(self) -> "Subscription":
        """Subscribe to the changes from now on, until the subscription is closed or garbage-collected."""
        subscription = Subscription()
        self._subscribers.add(subscription)
        return subscription

    def wire(
        self, direction: str, name: str, *, status: int, request: Any, response: Any, ms: float, at: float
    ) -> None:
        """Publish a request between bot and platform for the inspector. Secrets are redacted; ``ms`` is its duration in
        milliseconds, ``at`` its start in seconds since the epoch."""
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
