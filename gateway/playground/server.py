"""Serves the playground's page and the API through which a person sees, uses and watches the emulated platforms."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any, cast

import orjson
import structlog
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.adapter import Emulator
from gateway.drivers.emulated import driver_of
from gateway.playground.as_test import file_name, source_of
from gateway.playground.guard import Guard
from gateway.playground.recorder import Done, Recorder

_STATIC = Path(__file__).parent / "static"
_MAX_BODY = 32 * 1024 * 1024
"""Most bytes of an action's body. This allows an upload of about 24 MB, as base64 in JSON."""

_log = structlog.get_logger("gateway.playground")


class Playground:
    """Shows emulators to a person.

    ``emulators`` maps platform names to started emulators, in the order of the page's tabs; the caller starts and stops
    them. Add ``routes`` to the application. They answer only requests addressed to a loopback name. ``allowed_hosts``
    adds names (without port); everybody who reaches the port under such a name can act as the emulated user. With
    ``this_machine_only`` they answer only requests that come from this machine and through no proxy: for a server that
    listens beyond it.

    Call ``close`` when shutdown *begins* (on SIGTERM, before the server waits for open connections; a lifespan's end is
    too late). It ends the event streams that pages hold open and refuses later ones with 503. Calling it again does
    nothing.
    """

    def __init__(
        self,
        emulators: Mapping[str, Emulator],
        *,
        allowed_hosts: Collection[str] = (),
        this_machine_only: bool = False,
        heartbeat: float = 15.0,
        bot: str = "bot.py",
    ) -> None:
        """Create the routes. ``heartbeat`` is the number of seconds without a change after which an event stream sends
        a comment, so that a dead connection is noticed. ``bot`` is the name of the bot's file, for what is saved as a
        test."""
        self._emulators = dict(emulators)
        self._bot = bot
        drivers = {name: driver_of(emulator) for name, emulator in self._emulators.items()}
        self._recorders = {name: Recorder(driver) for name, driver in drivers.items() if driver is not None}
        self._heartbeat = heartbeat
        self._closed = asyncio.Event()
        guard = [Middleware(Guard, allowed_hosts=allowed_hosts, this_machine_only=this_machine_only)]
        api = "/playground/api"
        self.routes: list[BaseRoute] = [
            Route("/", self._page, middleware=guard),
            Mount("/playground/static", _Static(directory=_STATIC), middleware=guard),
            Route(f"{api}/platforms", self._platforms, middleware=guard),
            Route(f"{api}/{{platform}}/snapshot", self._snapshot, middleware=guard),
            Route(f"{api}/{{platform}}/act", self._act, methods=["POST"], middleware=guard),
            Route(f"{api}/{{platform}}/events", self._events, middleware=guard),
            Route(f"{api}/{{platform}}/test", self._test, methods=["GET", "DELETE"], middleware=guard),
        ]

    async def close(self) -> None:
        """End the event streams and refuse later ones with 503. Calling it again does nothing."""
        self._closed.set()

    async def _page(self, request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers={"cache-control": "no-cache"})

    async def _platforms(self, request: Request) -> Response:
        return _json({"platforms": [{"name": name} for name in self._emulators]})

    async def _snapshot(self, request: Request) -> Response:
        emulator = self._emulator(request)
        return _unknown(request) if emulator is None else _json(emulator.snapshot())

    async def _act(self, request: Request) -> Response:
        emulator = self._emulator(request)
        if emulator is None:
            return _unknown(request)
        # A type other than a form's makes browsers ask first, so no foreign page can send this.
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _error(415, "send the action as application/json")
        try:
            body = await _read(request, _MAX_BODY)
        except ClientDisconnect:
            return _error(400, "the request was cut short")
        if body is None:
            return _error(413, f"an action may have {_MAX_BODY // 2**20} MB; files count a third more than their size")
        try:
            action = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return _error(400, f"the body is not JSON: {error}")
        if not isinstance(action, dict) or not isinstance(cast("dict[str, Any]", action).get("type"), str):
            return _error(400, "an action is an object with a type")
        try:
            return _json(await self._done(request.path_params["platform"], emulator, cast("dict[str, Any]", action)))
        except (KeyError, TypeError, ValueError) as error:
            _log.warning("playground.bad_action", platform=request.path_params["platform"], exc_info=True)
            return _error(400, f"the action is malformed: {type(error).__name__} {error}")

    async def _done(self, platform: str, emulator: Emulator, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does, and take it down."""
        recorder = self._recorders.get(platform)
        if recorder is None:
            return await emulator.act(action)
        step = recorder.before(action)
        result = await emulator.act(action)
        recorder.after(step, result)
        return result

    async def _test(self, request: Request) -> Response:
        """Return what was done on a platform as a test, or (DELETE) begin to take it down anew."""
        platform = request.path_params["platform"]
        recorder = self._recorders.get(platform)
        if recorder is None:
            return _error(404, f"no test of {platform[:50]!r} can be saved")
        if request.method == "DELETE":
            recorder.restart()
            return _json({"ok": True})
        steps = sum(isinstance(entry, Done) for entry in recorder.entries)
        return _json({"name": file_name(platform), "steps": steps, "source": source_of(recorder, bot=self._bot)})

    async def _events(self, request: Request) -> Response:
        emulator = self._emulator(request)
        if emulator is None:
            return _unknown(request)
        if self._closed.is_set():
            return _error(503, "the gateway is shutting down")
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._stream(emulator), media_type="text/event-stream", headers=headers)

    async def _stream(self, emulator: Emulator) -> AsyncIterator[bytes]:
        """Yield a snapshot, then every change after it, and a new snapshot whenever changes were lost."""
        changes = aiter(emulator.watch())
        closed = asyncio.create_task(self._closed.wait())
        coming = asyncio.ensure_future(anext(changes, None))
        try:
            await asyncio.sleep(0)  # lets the subscription begin, so that no change falls between it and the snapshot
            yield _event("snapshot", emulator.snapshot())
            while not self._closed.is_set():
                await asyncio.wait({coming, closed}, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    if not closed.done():
                        yield b": still here\n\n"
                    continue
                change = coming.result()
                if change is None:
                    return
                coming = asyncio.ensure_future(anext(changes, None))
                if change.get("type") == "resync":
                    yield _event("snapshot", emulator.snapshot())
                else:
                    yield _event("change", change)
        finally:
            coming.cancel()
            closed.cancel()
            await asyncio.gather(coming, closed, return_exceptions=True)

    def _emulator(self, request: Request) -> Emulator | None:
        return self._emulators.get(request.path_params["platform"])


class _Static(StaticFiles):
    """Serves the page's own files. Browsers ask each time whether a file changed, so that no page mixes two
    versions."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


async def _read(request: Request, limit: int) -> bytes | None:
    """Return the request's body, or None when it has more than ``limit`` bytes. Never holds much more than that in
    memory."""
    if request.headers.get("content-length", "").isdigit() and int(request.headers["content-length"]) > limit:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


def _error(status: int, text: str) -> Response:
    return _json({"ok": False, "error": text}, status)


def _unknown(request: Request) -> Response:
    return _error(404, f"no platform {str(request.path_params['platform'])[:50]!r} in this playground")


def _event(name: str, value: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(value, default=str))
