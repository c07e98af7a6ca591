"""The probes: ``/healthz`` (the process lives) and ``/readyz`` (the process can do its work now)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.adapter import Adapter, Connection, SupportsConnections
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


class Readiness:
    """Knows whether the gateway can do its work now, and what keeps it from a part of it."""

    def __init__(
        self,
        *,
        store: Store,
        adapters: Mapping[str, Adapter],
        refused: Mapping[str, str],
        draining: Callable[[], bool],
        layer: Callable[[], Awaitable[LayerStatus]] | None = None,
    ) -> None:
        """Make it with what it looks at.

        Args:
            store: The store, which has to commit.
            adapters: The platforms that are on, by name.
            refused: Those of them that are off all the same, each with the reason.
            draining: Returns whether the gateway ends.
            layer: Returns the status of the data layer; None where none is registered.
        """
        self._check = StoreCheck(store)
        self._adapters = adapters
        self._refused = refused
        self._draining = draining
        self._layer = None if layer is None else Shared(layer)

    async def look(self) -> "Ready":
        """Return what is the case now."""
        problems: dict[str, str] = {}
        if (failure := await self._check.problem()) is not None:
            problems["store"] = failure
        if self._draining():
            problems["gateway"] = "draining"
        unusable = bool(problems)
        platforms = {name: self.problem_of(name) for name in self._adapters}
        problems |= {name: problem for name, problem in platforms.items() if problem is not None}
        unusable = unusable or all(platforms.values())
        layer: LayerStatus | None = None
        if self._layer is not None and failure is None:
            layer = await self._layer.get()
            if layer.problem is not None:
                problems["data_layer"] = layer.problem
        return Ready("unavailable" if unusable else "degraded" if problems else "ready", problems, layer)

    def problem_of(self, platform: str) -> str | None:
        """Return what is wrong with a platform, without secrets; None while nothing is."""
        problem = self._refused.get(platform) or self._adapters[platform].health()
        return None if problem is None else redact(problem)

    def state_of(self, platform: str) -> Mapping[str, Any]:
        """Return the state of a platform as ``/readyz`` shows it: its ``status`` (``ok`` or ``unavailable``), why it is
        not ok (``problem``), and the standing connections to it, each with the time (UTC, ISO 8601) since when it is
        up, or what is wrong with it."""
        problem = self.problem_of(platform)
        state: dict[str, Any] = {"status": "ok" if problem is None else "unavailable"}
        if problem is not None:
            state["problem"] = problem
        if connections := self.connections_of(platform):
            state["connections"] = {each.name: _shown(each) for each in connections}
        return state

    def connections_of(self, platform: str) -> Sequence[Connection]:
        """Return the standing connections to a platform that this process holds."""
        adapter = self._adapters[platform]
        return adapter.connections() if isinstance(adapter, SupportsConnections) else ()


class Ready(NamedTuple):
    """Whether the gateway can do its work."""

    status: Literal["ready", "degraded", "unavailable"]
    """``degraded`` where it can in part: one platform of several is in trouble, or the data layer takes nothing."""
    problems: Mapping[str, str]
    """What is wrong, by the name of the platform, or ``store``, ``gateway`` or ``data_layer``."""
    layer: LayerStatus | None
    """The status of the data layer; None where none is registered, or the store does not work."""


def health_routes(
    *,
    readiness: Readiness,
    adapters: Mapping[str, Adapter],
    counters: Counters,
    limits: Limits,
    prove: Callable[[str], str | None] = lambda _: None,
) -> list[Route]:
    """Return the two routes. ``/readyz`` is 503 while draining, while the store does not work and while no platform
    does. With one platform of several in trouble it is 200, ``degraded`` and names it: the others go on being served.
    ``limits`` are bounds that hold somebody up, which changes nothing of whether the gateway can work. So it is with
    the data layer: what it does not take waits, and the bot goes on. ``prove`` makes the answer to
    ``/healthz?proof=NONCE``, by which ``gateway doctor`` knows this gateway from a stranger's."""
    started = time.time()

    async def healthz(request: Request) -> Response:
        body: dict[str, Any] = {"status": "ok", "uptime_seconds": round(time.time() - started, 1)}
        if (nonce := request.query_params.get("proof")) and (proof := prove(nonce)) is not None:
            body["proof"] = proof
        return _json(body)

    async def readyz(_: Request) -> Response:
        ready = await readiness.look()
        body: dict[str, Any] = {
            "status": ready.status,
            "problems": ready.problems,
            "limits": limits.shown(),
            "platforms": {name: {**readiness.state_of(name), **counters.of(name)} for name in adapters},
        }
        if ready.layer is not None:
            body["data_layer"] = {
                "waiting": ready.layer.waiting,
                "oldest_seconds": ready.layer.oldest_seconds,
                "delivered": ready.layer.delivered,
                "failures": ready.layer.failures,
            }
        return _json(body, 503 if ready.status == "unavailable" else 200)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _shown(connection: Connection) -> Mapping[str, str]:
    if connection.since is None:
        return {"problem": redact(connection.problem or "it is not up")}
    return {"since": datetime.fromtimestamp(connection.since, UTC).isoformat(timespec="seconds")}


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
