"""Delivers activities to the bot: one signed POST each, whose answer Teams waits for.

A bot has 15 seconds. Teams does not send a message again because the bot failed; but an activity can arrive twice, as
in any at-least-once delivery (``redeliver``).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.teams.keys import Keys

MAX_DELIVERIES = 5_000
"""Activities whose deliveries are kept for tests; the oldest are forgotten first."""
MAX_OF_ONE = 100
"""Deliveries kept of one message. Edits of the message have the same id."""
MAX_ANSWER = 1024 * 1024
"""Most bytes read of the bot's answer."""


@dataclass(slots=True)
class Delivery:
    """One POST of an activity. ``status`` 0 means that nothing was answered; ``error`` says why."""

    activity: JSON
    status: int = 0
    body: Any = None
    error: str | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ok(self) -> bool:
        """Whether the bot took the activity."""
        return 200 <= self.status < 300

    @property
    def name(self) -> str:
        """The activity's type, and the name of an invoke, as the inspector shows them."""
        kind = str(self.activity.get("type"))
        return f"{kind} {self.activity['name']}" if "name" in self.activity else kind


class Deliveries:
    """Delivers activities. ``timeout`` is the seconds the bot has to answer. With ``anonymous``, requests carry no
    token."""

    def __init__(self, observers: Observers, keys: Keys, *, timeout: float, anonymous: bool) -> None:
        self.base_url: str | None = None
        self.log: OrderedDict[str, list[Delivery]] = OrderedDict()
        self._observers = observers
        self._keys = keys
        self._anonymous = anonymous
        self.timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Start the HTTP client. Activities started earlier are not delivered."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        """Cancel all deliveries and close the HTTP client."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def start(self, activity: JSON, then: Callable[[Delivery], None] | None = None) -> Delivery:
        """Start to deliver an activity and return at once. ``then`` is called when it is done. While the server does
        not run, nothing is delivered."""
        delivery = self._logged(activity)
        if self._session is None:
            delivery.done.set()
            return delivery
        task = asyncio.create_task(self._deliver(delivery, then))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def send(self, activity: JSON) -> Delivery:
        """Deliver an activity and wait for the answer."""
        delivery = self._logged(activity)
        await self._deliver(delivery, None)
        return delivery

    def of(self, activity_id: str) -> list[Delivery]:
        """Return the deliveries of the activity with this id, oldest first."""
        return self.log.get(activity_id, [])

    def pending(self) -> bool:
        """Return whether a delivery is under way."""
        return any(not d.done.is_set() for deliveries in self.log.values() for d in deliveries)

    async def raw(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """POST bytes to the bot and return status and body. Raises ``aiohttp.ClientError``, and ``TimeoutError`` after
        ``timeout`` seconds."""
        if self._session is None or self.base_url is None:
            raise ConnectionError("nowhere to deliver to")
        url = f"{self.base_url}/teams/events"
        async with (
            asyncio.timeout(self.timeout),
            self._session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return response.status, await response.content.read(MAX_ANSWER)

    def headers(self, activity: JSON) -> dict[str, str]:
        """Return the headers of an activity's request, with a genuine token unless the emulator is anonymous."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        conversation = activity.get("conversation") or {}
        for name, value in (("x-ms-conversation-id", "id"), ("x-ms-tenant-id", "tenantId")):
            headers[name] = str(conversation.get(value, ""))
        if not self._anonymous:
            headers["Authorization"] = self._keys.authorization(str(activity.get("serviceUrl")))
        return headers

    def _logged(self, activity: JSON) -> Delivery:
        delivery = Delivery(activity)
        those = self.log.setdefault(str(activity.get("id")), [])
        those.append(delivery)
        del those[:-MAX_OF_ONE]
        if len(self.log) > MAX_DELIVERIES:
            self.log.popitem(last=False)
        return delivery

    async def _deliver(self, delivery: Delivery, then: Callable[[Delivery], None] | None) -> None:
        started, at = time.perf_counter(), time.time()
        answer = b""
        try:
            body = orjson.dumps(delivery.activity)
            delivery.status, answer = await self.raw(body, self.headers(delivery.activity))
        except TimeoutError:
            delivery.error = "timeout"
        except (aiohttp.ClientError, OSError):
            delivery.error = "connection_failed"
        delivery.body = _parsed(answer)
        if delivery.error is None and not delivery.ok:
            delivery.error = f"http_error_{delivery.status}"
        ms = (time.perf_counter() - started) * 1000
        self._observers.wire(
            "to_bot",
            delivery.name,
            status=delivery.status,
            request=delivery.activity,
            response=delivery.error if delivery.status == 0 else delivery.body,
            ms=ms,
            at=at,
        )
        delivery.done.set()
        if then is not None:
            then(delivery)
        self._observers.changed()


def _parsed(answer: bytes) -> Any:
    if not answer:
        return None
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        return answer.decode(errors="replace")
