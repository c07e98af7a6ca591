"""Socket Mode: tickets, websockets, envelopes and their acknowledgements."""

import asyncio
import secrets
import time
from collections import OrderedDict

import orjson
from aiohttp import WSMsgType, web

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.values import new_id

MAX_CONNECTIONS = 10
"""Open sockets of one app (Slack's guide on Socket Mode)."""
TICKET_SECONDS = 30.0
"""Seconds within which the URL of apps.connections.open must be used."""


class SocketHub:
    """The sockets the bot has open. Each envelope goes to one of them, in turn."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._tickets: OrderedDict[str, float] = OrderedDict()
        self._sockets: list[web.WebSocketResponse] = []
        self._pending: dict[str, asyncio.Future[JSON]] = {}
        self._next = 0
        self.arrived = asyncio.Event()
        self.served = 0
        """How many sockets the bot has opened so far."""

    @property
    def connections(self) -> int:
        """The number of open sockets."""
        return len(self._sockets)

    def ticket(self) -> str:
        """Return a new ticket, which opens one socket."""
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        while len(self._tickets) > 1_000:
            self._tickets.popitem(last=False)
        return ticket

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one websocket until it closes."""
        expires = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if expires < time.monotonic():
            return web.Response(status=401, text="invalid ticket")
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        if len(self._sockets) >= MAX_CONNECTIONS:
            await self._disconnect(socket, "too_many_websockets")
            return socket
        self._sockets.append(socket)
        self.served += 1
        debug = {"host": "emulator", "build_number": 1, "approximate_connection_time": 18060}
        hello = {"type": "hello", "num_connections": len(self._sockets), "debug_info": debug}
        await socket.send_str(_dump({**hello, "connection_info": {"app_id": self._app_id}}))
        self.arrived.set()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledge(frame.data)
        finally:
            self._sockets.remove(socket)
            if not self._sockets:
                self.arrived.clear()
        return socket

    async def send(self, kind: str, payload: JSON, *, timeout: float, retry: int = 0, reason: str = "") -> JSON | None:
        """Send an envelope and return its acknowledgement, or None when none came within ``timeout`` seconds. Raises
        ``ConnectionError`` when no socket is open."""
        if not self._sockets:
            raise ConnectionError("no socket open")
        socket = self._sockets[self._next % len(self._sockets)]
        self._next += 1
        envelope_id = new_id("")
        envelope: JSON = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        future: asyncio.Future[JSON] = asyncio.get_running_loop().create_future()
        self._pending[envelope_id] = future
        try:
            await socket.send_str(_dump(envelope))
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            return None
        finally:
            del self._pending[envelope_id]

    async def send_frame(self, frame: str) -> None:
        """Send any text to the bot, which Slack would never do."""
        await self._sockets[0].send_str(frame)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does every few hours."""
        for socket in list(self._sockets):
            await self._disconnect(socket, reason)

    async def close(self) -> None:
        """Close all sockets."""
        for socket in list(self._sockets):
            await socket.close()

    def _acknowledge(self, text: str) -> None:
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        future = self._pending.get(message.get("envelope_id", "")) if isinstance(message, dict) else None
        if future is not None and not future.done():
            future.set_result(message)

    async def _disconnect(self, socket: web.WebSocketResponse, reason: str) -> None:
        await socket.send_str(_dump({"type": "disconnect", "reason": reason, "debug_info": {"host": "emulator"}}))
        await socket.close()


def _dump(value: JSON) -> str:
    return orjson.dumps(value).decode()
