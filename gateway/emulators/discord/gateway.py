"""The gateway's websockets: the connections, the events they carry and the ways they end.

https://docs.discord.com/developers/events/gateway.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping

import orjson
from aiohttp import WSMsgType, web

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.discord.applications import Application
from gateway.emulators.discord.compression import compressing
from gateway.emulators.discord.handshake import Closed, Handshake
from gateway.emulators.discord.sessions import Connection
from gateway.emulators.discord.values import Intent
from gateway.emulators.discord.world import World

_EVENT_INTENTS: Mapping[str, tuple[Intent, Intent | None]] = {
    **dict.fromkeys(
        ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"),
        (Intent.GUILDS, Intent.GUILDS),
    ),
    **dict.fromkeys(
        ("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_MEMBER_UPDATE", "THREAD_MEMBERS_UPDATE"),
        (Intent.GUILDS, Intent.GUILDS),
    ),
    **dict.fromkeys(
        ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"),
        (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES),
    ),
    **dict.fromkeys(
        ("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL"),
        (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
    ),
    "TYPING_START": (Intent.GUILD_MESSAGE_TYPING, Intent.DIRECT_MESSAGE_TYPING),
}
"""The intent each event needs in a guild, and outside of guilds. An event not listed goes to every session."""


class Gateway(Handshake):
    """Serves the websockets of clients and sends them events.

    ``heartbeat_interval`` (seconds) applies to later connections. A client that misses two heartbeats is disconnected.
    """

    def __init__(
        self,
        world: World,
        application: Application,
        observers: Observers,
        *,
        heartbeat_interval: float,
        session_timeout: float,
        resume_buffer: int,
        limited: bool,
    ) -> None:
        super().__init__(
            world,
            application,
            observers,
            session_timeout=session_timeout,
            resume_buffer=resume_buffer,
            limited=limited,
        )
        self.heartbeat_interval = heartbeat_interval
        self._connections: set[Connection] = set()

    # -- events

    def dispatch(self, name: str, data: JSON, *, guild_id: str | None, reduced: JSON | None = None) -> None:
        """Send an event to every session whose intents cover it. ``reduced`` is the payload for sessions without the
        message content intent."""
        self.prune()
        needed = _EVENT_INTENTS.get(name)
        intent = None if needed is None else needed[0 if guild_id is not None else 1]
        full = orjson.dumps(data)
        short = full if reduced is None else orjson.dumps(reduced)
        asked = [s for s in self.sessions.values() if s.takes(guild_id) and (intent is None or s.intents & intent)]
        for session in asked:
            session.dispatch(name, full if session.intents & Intent.MESSAGE_CONTENT else short)
        self._observers.changed()
        if self._observers.watched and (asked or not self.sessions):
            status = 200 if any(session.connection is not None for session in asked) else 0
            at = time.time()
            self._observers.wire("to_bot", name, status=status, request=data, response=None, ms=0.0, at=at)

    # -- failures that tests order

    def raw_event(self, name: str, data: bytes) -> None:
        """Send an event whose data is these bytes, valid JSON or not. A session that resumes receives it again."""
        for session in self.sessions.values():
            session.dispatch(name, data)

    def raw_frame(self, payload: bytes) -> None:
        """Send every client a frame of these bytes, compressed like any other frame. It belongs to no session."""
        for connection in self._connections:
            connection.send(payload)

    def garbage(self, payload: bytes, *, text: bool = False) -> None:
        """Send every client these bytes uncompressed, in a binary or a text frame."""
        for connection in self._connections:
            connection.send(payload, as_it_is=WSMsgType.TEXT if text else WSMsgType.BINARY)

    @property
    def connected(self) -> bool:
        """Whether a client has identified and is connected."""
        return any(session.connection is not None for session in self.sessions.values())

    @property
    def idle(self) -> bool:
        """Whether every event has been sent to the connected clients."""
        return all(connection.idle for connection in self._connections)

    def request_heartbeat(self) -> None:
        """Ask every client for a heartbeat (op 1)."""
        self._all_op(1)

    def reconnect(self) -> None:
        """Ask every client to reconnect and resume (op 7)."""
        self._all_op(7)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is invalid (op 9)."""
        self._all_op(9, resumable)
        if not resumable:
            self.sessions.clear()

    def close_with(self, code: int, reason: str = "") -> None:
        """Close every connection with a code. The sessions can be resumed unless the code rules it out."""
        if code in (4007, 4009):
            self.sessions.clear()
        for connection in list(self._connections):
            connection.close(code, reason)

    def drop(self) -> None:
        """Break every connection without a close frame."""
        for connection in list(self._connections):
            connection.drop()

    def freeze(self) -> None:
        """Stop sending on the present connections, as a dead ("zombied") connection does."""
        for connection in self._connections:
            connection.frozen = True

    def thaw(self) -> None:
        """Continue to send on frozen connections."""
        for connection in self._connections:
            connection.thaw()

    def end_sessions(self) -> None:
        """Forget every session, as if all had timed out. Connected clients notice only when they reconnect."""
        self.sessions.clear()

    # -- the websocket

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one websocket until it closes."""
        socket = web.WebSocketResponse(autoping=True, max_msg_size=1024 * 1024, compress=False)
        await socket.prepare(request)
        transport = request.transport
        connection = Connection(socket, transport, compressing(request.query.get("compress", "")))
        self._connections.add(connection)
        writer = asyncio.create_task(self._write(connection))
        watchdog = asyncio.create_task(self._watch(connection))
        try:
            if request.query.get("v") not in ("9", "10"):
                raise Closed(4012, "Invalid API version")
            if request.query.get("encoding", "json") != "json":
                raise Closed(4002, "Error while decoding payload.")
            connection.op(10, {"heartbeat_interval": round(self.heartbeat_interval * 1000), "_trace": []})
            async for frame in socket:
                if frame.type is not WSMsgType.ERROR:
                    self.receive(connection, frame.data)
            if connection.closing:
                await writer  # the close frame is on its way
        except Closed as closed:
            connection.thaw()
            connection.close(closed.code, closed.reason)
            await writer
        finally:
            self._connections.discard(connection)
            self._detach(connection)
            self._lose(connection, socket.close_code)
            for task in (writer, watchdog):
                task.cancel()
            self._observers.changed()
        return socket

    async def stop(self) -> None:
        """Break every connection."""
        for connection in list(self._connections):
            connection.drop()

    async def _write(self, connection: Connection) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):  # the client is gone
            await connection.write()

    async def _watch(self, connection: Connection) -> None:
        """Close a connection whose client stopped sending heartbeats. Its session can be resumed."""
        patience = self.heartbeat_interval * 2
        while True:
            left = connection.last_heartbeat + patience - time.monotonic()
            if left <= 0:
                connection.close(4000, "heartbeat missed")
                return
            await asyncio.sleep(left)

    def _lose(self, connection: Connection, code: int | None) -> None:
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection, session.lost_at = None, time.monotonic()
        if code in (1000, 1001) and not connection.closing:  # the client said it is done
            self.sessions.pop(session.id, None)

    def _all_op(self, op: int, data: object = None) -> None:
        for connection in self._connections:
            connection.op(op, data)
