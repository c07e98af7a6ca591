"""The probes: ``/healthz`` (the process lives) and ``/readyz`` (the process can do its work now)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.adapter import Adapter
from gateway.ports import LayerStatus, Store
from gateway.redaction import redact
from gateway.runtime.limits import Limits
from gateway.telemetry.metrics import Counters

STORE_TIMEOUT = 3.0
"""Seconds a probe waits for the store before it reports that the store does not work."""
CHECK_EVERY = 3.0
"""Seconds for which all probes share one check of the store, because a check is a write and anybody may ask."""


T = TypeVar("T")


class Shared(Generic[T]):
    """A look at something that all who ask share: one at a time, and at most one every ``CHECK_EVERY`` seconds."""

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._looking: asyncio.Task[T] | None = None
        self._looked = 0.0

    async def get(self) -> T:
        """Return what was seen last, or look."""
        if self._looking is None or (self._looking.done() and time.monotonic() - self._looked > CHECK_EVERY):
            self._looking = asyncio.create_task(self._timed())
        return await asyncio.shield(self._looking)  # a caller that hangs up must not cancel the look for the others

    async def _timed(self) -> T:
        try:
            return await self._look()
        finally:
            self._looked = time.monotonic()


class StoreCheck:
    """Checks whether the store commits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._check = Shared(self._look)

    async def problem(self) -> str | None:
        """Return why the store does not commit, None when it does. A store that does not answer within
        ``STORE_TIMEOUT`` seconds does not."""
        return await self._check.get()

    async def _look(self) -> str | None:
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                await self._store.ping()
        except TimeoutError:
            return f"no answer within {STORE_TIMEOUT:g} s"
        except Exception as error:
            # Whatever keeps the store from committing is reported, and does not crash the probe.
            return redact(f"{type(error).__name__}: {error}")
        return None


def health_routes(
    *,
    store: Store,
    adapters: Mapping[str, Adapter],
    refused: Mapping[str, str],
    counters: Counters,
    draining: Callable[[], bool],
    limits: Limits,
    layer: Callable[[], Awaitable[LayerStatus]] | None = None,
    prove: Callable[[str], str | None] = lambda _: None,
) -> list[Route]:
    """Return the two routes. ``/readyz`` is 503 while draining, while the store does not work and while no platform
    does. With one platform of several in trouble it is 200, ``degraded`` and names it: the others go on being served.
    ``limits`` are bounds that hold somebody up, which changes nothing of whether the gateway can work. So it is with
    the data layer, of which ``layer`` returns the status: what it does not take waits, and the bot goes on. ``prove``
    makes the answer to ``/healthz?proof=NONCE``, by which ``gateway doctor`` knows this gateway from a stranger's."""
    started = time.time()
    check = StoreCheck(store)
    deliveries = None if layer is None else Shared(layer)

    async def healthz(request: Request) -> Response:
        body: dict[str, Any] = {"status": "ok", "uptime_seconds": round(time.time() - started, 1)}
        if (nonce := request.query_params.get("proof")) and (proof := prove(nonce)) is not None:
            body["proof"] = proof
        return _json(body)

    async def readyz(_: Request) -> Response:
        problems: dict[str, str] = {}
        if (failure := await check.problem()) is not None:
            problems["store"] = failure
        if draining():
            problems["gateway"] = "draining"
        unusable = bool(problems)
        for name, adapter in adapters.items():
            if (problem := refused.get(name) or adapter.health()) is not None:
                problems[name] = redact(problem)
        unusable = unusable or all(name in problems for name in adapters)
        status: LayerStatus | None = None
        if deliveries is not None and failure is None:
            status = await deliveries.get()
            if status.problem is not None:
                problems["data_layer"] = status.problem
        body: dict[str, Any] = {
            "status": "unavailable" if unusable else "degraded" if problems else "ready",
            "problems": problems,
            "limits": limits.shown(),
            "platforms": {name: counters.of(name) for name in adapters},
        }
        if status is not None:
            body["data_layer"] = {
                "waiting": status.waiting,
                "oldest_seconds": status.oldest_seconds,
                "delivered": status.delivered,
                "failures": status.failures,
            }
        return _json(body, 503 if unusable else 200)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
