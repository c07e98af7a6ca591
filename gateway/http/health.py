"""``/healthz`` (the process lives) and ``/readyz`` (it can do its work now)."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.adapter import Adapter
from gateway.ports import Store
from gateway.redaction import redact
from gateway.runtime.limits import Limits
from gateway.telemetry import Counters

STORE_TIMEOUT = 3.0
"""Seconds until a store that does not answer counts as one that does not work; a probe does not wait for ever."""


def health_routes(
    *,
    store: Store,
    adapters: Mapping[str, Adapter],
    refused: Mapping[str, str],
    counters: Counters,
    draining: Callable[[], bool],
    limits: Limits,
) -> list[Route]:
    """The two routes. ``/readyz`` is 503 while draining, while the store does not work and while no platform does. With
    one platform of several in trouble it is 200, ``degraded`` and names it: the others go on being served. ``limits``
    are bounds that hold somebody up, which changes nothing of whether the gateway can work."""
    started = time.time()

    async def healthz(_: Request) -> Response:
        return _json({"status": "ok", "uptime_seconds": round(time.time() - started, 1)})

    async def readyz(_: Request) -> Response:
        problems: dict[str, str] = {}
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                await store.ping()
        except TimeoutError:
            problems["store"] = f"no answer within {STORE_TIMEOUT:g} s"
        except Exception as error:
            # Whatever keeps the store from committing is the answer, not a crash of the probe.
            problems["store"] = redact(f"{type(error).__name__}: {error}")
        if draining():
            problems["gateway"] = "draining"
        unusable = bool(problems)
        for name, adapter in adapters.items():
            if (problem := refused.get(name) or adapter.health()) is not None:
                problems[name] = redact(problem)
        unusable = unusable or all(name in problems for name in adapters)
        body: dict[str, Any] = {
            "status": "unavailable" if unusable else "degraded" if problems else "ready",
            "problems": problems,
            "limits": limits.shown(),
            "platforms": {name: counters.of(name) for name in adapters},
        }
        return _json(body, 503 if unusable else 200)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
