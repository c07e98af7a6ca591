"""Delivers signed events to the bot, with Slack's retries, and interactions, which are never retried.

Slack waits 3 s for a 2xx, then tries again at once, after a minute and after five minutes, with ``X-Slack-Retry-Num``
and ``X-Slack-Retry-Reason`` (https://docs.slack.dev/apis/events-api/#retries). ``X-Slack-No-Retry: 1`` stops the
retries.
"""

import asyncio
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.slack.sockets import SocketHub
from gateway.emulators.slack.values import InteractionResult

MAX_DELIVERIES = 5_000
"""Deliveries kept for tests; the oldest are forgotten first."""


@dataclass(slots=True)
class Attempt:
    """One attempt to deliver an event: the bot's status (0 and a ``reason`` when there was no answer) and its time in
    seconds since the epoch."""

    status: int
    reason: str | None
    at: float


@dataclass(slots=True)
class Delivery:
    """An event and the attempts to deliver it. ``done`` is set when the event is acknowledged or given up."""

    envelope: JSON
    ts: str | None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    acked: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The event's type and subtype, as the inspector shows them."""
        kind: str = self.envelope["event"]["type"]
        subtype = self.envelope["event"].get("subtype")
        return f"event {kind}.{subtype}" if subtype else f"event {kind}"


class Deliveries:
    """Delivers events and interactions over HTTP, or over Socket Mode when there is a ``SocketHub``."""

    def __init__(
        self,
        observers: Observers,
        sockets: SocketHub | None,
        *,
        signing_secret: str,
        ack_timeout: float,
        retry_delays: Sequence[float],
    ) -> None:
        self.base_url: str | None = None
        self.log: OrderedDict[str, Delivery] = OrderedDict()
        self._by_ts: OrderedDict[str, list[Delivery]] = OrderedDict()
        self._observers = observers
        self._sockets = sockets
        self._secret = signing_secret.encode()
        self._ack_timeout = ack_timeout
        self.retry_delays = tuple(retry_delays)
        """Seconds before each retry. A new value applies to deliveries that begin later."""
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Start the HTTP client. Events enqueued earlier are not delivered."""
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(self._ack_timeout))

    async def close(self) -> None:
        """Cancel all deliveries and close the HTTP client."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def enqueue(self, envelope: JSON, ts: str | None) -> None:
        """Start to deliver an event and return at once. While the server does not run, nothing is delivered."""
        delivery = Delivery(envelope, ts)
        self.log[envelope["event_id"]] = delivery
        if len(self.log) > MAX_DELIVERIES:
            self.log.popitem(last=False)
        if ts is not None:
            self._by_ts.setdefault(ts, []).append(delivery)
            if len(self._by_ts) > MAX_DELIVERIES:
                self._by_ts.popitem(last=False)
        if self._session is None:
            delivery.done.set()
            return
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def of(self, ts: str) -> Sequence[Delivery]:
        """Return the deliveries about the message with this ``ts``."""
        return tuple(self._by_ts.get(ts, ()))

    async def idle(self) -> None:
        """Wait until no delivery is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def sign(self, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """Return Slack's signature headers for a body. ``at`` is the timestamp in seconds since the epoch."""
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(self._secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def raw(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        """POST bytes to the bot and return status, body and headers. Raises ``aiohttp.ClientError``, and
        ``TimeoutError`` after the time to acknowledge."""
        if self._session is None or self.base_url is None:
            raise ConnectionError("nowhere to deliver to")
        url = f"{self.base_url}/slack/events"
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            return response.status, await response.read(), response.headers

    async def interaction(self, name: str, payload: JSON, *, form: JSON | None = None) -> InteractionResult:
        """Send an interaction (``payload``) or a slash command (``form``) once and return what came of it."""
        started, at = time.perf_counter(), time.time()
        status, answer, error = 0, b"", None
        body: Any = None
        try:
            if self._sockets is not None:
                kind = "slash_commands" if form is not None else "interactive"
                ack = await self._sockets.send(kind, form or payload, timeout=self._ack_timeout)
                if ack is None:
                    raise TimeoutError
                status, body = 200, ack.get("payload")
            else:
                fields = form if form is not None else {"payload": orjson.dumps(payload).decode()}
                raw = urlencode(fields).encode()
                headers = {**self.sign(raw), "Content-Type": "application/x-www-form-urlencoded"}
                status, answer, _ = await self.raw(raw, headers)
        except TimeoutError:
            error = "operation_timeout"
        except (aiohttp.ClientError, OSError):
            error = "connection_failed"
        if error is None and not 200 <= status < 300:
            error = f"http_error_{status}"
        if answer:
            try:
                body = orjson.loads(answer)
            except orjson.JSONDecodeError:
                body = answer.decode(errors="replace")
        ms = (time.perf_counter() - started) * 1000
        self._observers.wire("to_bot", name, status=status, request=form or payload, response=body, ms=ms, at=at)
        return InteractionResult(status, body, error)

    async def _deliver(self, delivery: Delivery) -> None:
        retry, reason = 0, ""
        for delay in (0.0, *self.retry_delays):
            if delay:
                await asyncio.sleep(delay)
            attempt, stop = await self._attempt(delivery, retry, reason)
            delivery.attempts.append(attempt)
            delivery.acked = 200 <= attempt.status < 300
            if delivery.acked or stop:
                break
            retry, reason = retry + 1, attempt.reason or "unknown_error"
            self._observers.changed()
        delivery.done.set()
        self._observers.changed()

    async def _attempt(self, delivery: Delivery, retry: int, reason: str) -> tuple[Attempt, bool]:
        started, at = time.perf_counter(), time.time()
        status, failure, stop, answer = 0, None, False, b""
        try:
            if self._sockets is not None:
                ack = await self._sockets.send(
                    "events_api", delivery.envelope, timeout=self._ack_timeout, retry=retry, reason=reason
                )
                status, failure = (200, None) if ack is not None else (0, "timeout")
            else:
                body = orjson.dumps(delivery.envelope)
                headers = {**self.sign(body), "Content-Type": "application/json"}
                if retry:
                    headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
                status, answer, answered = await self.raw(body, headers)
                failure = None if 200 <= status < 300 else "http_error"
                stop = answered.get("X-Slack-No-Retry") == "1"
        except TimeoutError:
            failure = "http_timeout"
        except (aiohttp.ClientError, OSError):
            failure = "connection_failed"
        ms = (time.perf_counter() - started) * 1000
        if self._observers.watched:
            text = answer.decode(errors="replace")
            self._observers.wire(
                "to_bot",
                delivery.name,
                status=status,
                request=delivery.envelope,
                response=failure or text,
                ms=ms,
                at=at,
            )
        return Attempt(status, failure, at), stop
