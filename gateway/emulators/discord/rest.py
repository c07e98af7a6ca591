"""The REST API: tokens, rate limits, ordered failures, and the headers every answer of Discord carries."""

import time
from typing import Any

import orjson
from aiohttp import web

from gateway.emulators.common.faults import Fault, Faults, half_sent
from gateway.emulators.common.values import JSON, Call
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.errors import ApiError
from gateway.emulators.discord.limits import Limits, RateLimited, Scope
from gateway.emulators.discord.requests import Created, Request, check_params, read
from gateway.emulators.discord.routes import Route, Routes

_VIA = {"Via": "1.1 google"}


class _Lost(Exception):
    """The connection breaks instead of an answer."""


class Rest:
    """Answers the requests to the REST API and records them."""

    def __init__(self, backend: Backend, routes: Routes, faults: Faults, limits: Limits) -> None:
        self._backend = backend
        self._routes = routes
        self._faults = faults
        self._limits = limits
        self._observers = backend.observers

    async def handle(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """Answer one request; ``path`` is what follows the API's version, still quoted."""
        started, at = time.perf_counter(), time.time()
        found = self._routes.find(request.method, path)
        if isinstance(found, int):
            reason = "Not Found" if found == 404 else "Method Not Allowed"
            return _response(found, ApiError.plain(found, reason).body, {})
        route, params = found
        headers: dict[str, str] = {}
        given = Request(params, {}, None)
        lost, half, status, body = False, False, 200, None
        try:
            if not route.open and request.headers.get("Authorization") != f"Bot {self._backend.world.token}":
                raise ApiError.plain(401, "Unauthorized")
            headers, refusal = self._limits.take(route.bucket, route.major(params), counts_globally=not route.open)
            if refusal is not None:
                raise refusal
            check_params(params)
            given = await read(request, params)
            body, half = await self._perform(route, given)
            if isinstance(body, Created):
                status, body = 201, body.body
            else:
                status = 200 if body is not None else 204
        except RateLimited as error:
            status, body = 429, error.body
            headers |= error.headers()
        except ApiError as error:
            status, body = error.status, error.body
        except _Lost:
            lost, status = True, 499
        ms = (time.perf_counter() - started) * 1000
        self._record(route.name, given.args(), status, body, lost=lost, at=at, ms=ms)
        if lost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)
        response = _response(status, body, headers)
        return await half_sent(request, response) if half else response

    async def _perform(self, route: Route, given: Request) -> tuple[Any, bool]:
        """Return the answer, and whether only half of it is to be sent."""
        if not self._faults.armed:
            return route.handler(given), False
        args = given.args()
        hold = self._faults.held(route.name, args)
        if hold is not None and not hold.after_effect and not await hold.passing():
            raise _Lost
        fault = await self._faults.take(route.name, args)
        if fault is not None and not fault.after_effect:
            raise _failure(fault)
        body = route.handler(given)
        hold = self._faults.held(route.name, args)
        if hold is not None and hold.after_effect and not await hold.passing():
            raise _Lost
        if fault is not None and not fault.half:
            raise _failure(fault)
        return body, fault is not None

    def _record(self, name: str, args: JSON, status: int, body: Any, *, lost: bool, at: float, ms: float) -> None:
        shown = None if lost else body if isinstance(body, dict) else {"body": body}
        self._observers.calls.append(Call(name, args, status, shown, at, ms))
        self._observers.changed()
        if self._observers.watched:
            answer = None if lost else body
            self._observers.wire("from_bot", name, status=status, request=args, response=answer, ms=ms, at=at)


def fault(
    *,
    times: int,
    status: int | None,
    code: int | None,
    retry_after: float | None,
    scope: Scope,
    after_effect: bool,
    when: Any,
    half: bool,
) -> Fault:
    """Return an ordered failure in the form all emulators share: ``error`` is the code or the scope, ``retry_after``
    milliseconds.

    Raises ``KeyError`` for a code that ``ApiError.of`` does not know.
    """
    if code is not None:
        ApiError.of(code)
    error = scope if retry_after is not None or status == 429 else None if code is None else str(code)
    milliseconds = None if retry_after is None else round(retry_after * 1000)
    return Fault(times, status, error, milliseconds, after_effect, when, half)


def _failure(ordered: Fault) -> Exception:
    """Return the exception that answers a request with an ordered failure."""
    if ordered.status == 0:
        return _Lost()
    if ordered.retry_after is not None or ordered.status == 429:
        milliseconds = 1000 if ordered.retry_after is None else ordered.retry_after
        scope: Scope = "global" if ordered.error == "global" else "shared" if ordered.error == "shared" else "user"
        return RateLimited(milliseconds / 1000, scope)
    if ordered.error is not None:
        return ApiError.of(int(ordered.error))
    status = ordered.status or 500
    reasons = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
    return ApiError.plain(status, reasons.get(status, "Error"))


def _response(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers={**_VIA, **headers})
    json = {"Content-Type": "application/json"}  # without a charset, as Discord sends it
    return web.Response(body=orjson.dumps(body), status=status, headers={**json, **_VIA, **headers})
