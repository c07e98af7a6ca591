"""The gateway websocket: HELLO, IDENTIFY, heartbeats, RESUME, and the ways a connection ends.

https://docs.discord.com/developers/events/gateway; close codes: .../topics/opcodes-and-status-codes#gateway.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from adapters.discord.emulation import wire
from adapters.discord.emulation.applications import Application
from adapters.discord.emulation.sessions import Connection, Session, ready
from adapters.discord.emulation.values import KNOWN_INTENTS, PRIVILEGED, Intent
from adapters.discord.emulation.world import World
from adapters.emulation.observe import Observers
from adapters.emulation.values import JSON

MAX_PAYLOAD = 4_096
"""Bytes of a command; a longer one is answered with close code 4002."""
MAX_COMMANDS = 120
COMMANDS_SECONDS = 60.0
IDENTIFY_SECONDS = 5.0
"""One IDENTIFY in so many seconds (``max_concurrency`` 1)."""
MAX_SESSIONS = 100

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
"""Event -> the intent it needs in a guild, and outside of one. An event not listed goes to every session."""


class _Closed(Exception):
    """The client did what ends its connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gateway:
    """``acks``: answer heartbeats. ``resumable``: let lost sessions be resumed. Both can be switched off meanwhile."""

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
        self.acks = True
        self.resumable = True
        self.sessions: dict[str, Session] = {}
        self.identifies = 0
        self.resumes = 0
        self._world = world
        self._application = application
        self._observers = observers
        self._heartbeat_interval = heartbeat_interval
        self._session_timeout = session_timeout
        self._resume_buffer = resume_buffer
        self._limited = limited
        self._connections: set[Connection] = set()
        self._identified_at = -IDENTIFY_SECONDS

    # -- events

    def dispatch(self, name: str, data: JSON, *, guild_id: str | None, reduced: JSON | None = None) -> None:
        """Tell every session that asked for it. ``reduced``: the payload for those without the message content."""
        self._prune()
        needed = _EVENT_INTENTS.get(name)
        intent = None if needed is None else needed[0 if guild_id is not None else 1]
        full = orjson.dumps(data)
        short = full if reduced is None else orjson.dumps(reduced)
        reached = False
        for session in self.sessions.values():
            if session.takes(guild_id) and (intent is None or session.intents & intent):
                session.dispatch(name, full if session.intents & Intent.MESSAGE_CONTENT else short)
                reached = reached or session.connection is not None
        self._observers.changed()
        if self._observers.watched:
            status = 200 if reached else 0
            at = time.time()
            self._observers.wire("to_bot", name, status=status, request=data, response=None, ms=0.0, at=at)

    # -- trouble on demand

    @property
    def connected(self) -> bool:
        """A client has identified and is there."""
        return any(session.connection is not None for session in self.sessions.values())

    @property
    def idle(self) -> bool:
        """Every event is handed over to whoever is connected."""
        return all(connection.idle for connection in self._connections)

    def request_heartbeat(self) -> None:
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
        """Close every connection with a code; the sessions can be resumed unless the code says otherwise."""
        if code in (4007, 4009):
            self.sessions.clear()
        for connection in list(self._connections):
            connection.close(code, reason)

    def drop(self) -> None:
        """Break every connection without a close frame."""
        for connection in list(self._connections):
            connection.drop()

    def freeze(self) -> None:
        """Say nothing more on the present connections, as a dead (zombied) one."""
        for connection in self._connections:
            connection.frozen = True

    def thaw(self) -> None:
        for connection in self._connections:
            connection.thaw()

    def end_sessions(self) -> None:
        """Forget every session, as if all had timed out; connected clients stay as they are until they lose theirs."""
        self.sessions.clear()

    # -- the websocket

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=True, max_msg_size=1024 * 1024, compress=False)
        await socket.prepare(request)
        compress = request.query.get("compress") == "zlib-stream"
        transport = request.transport
        connection = Connection(socket, transport, compress=compress)
        self._connections.add(connection)
        writer = asyncio.create_task(self._write(connection))
        watchdog = asyncio.create_task(self._watch(connection))
        try:
            if request.query.get("v") not in ("9", "10"):
                raise _Closed(4012, "Invalid API version")
            if request.query.get("encoding", "json") != "json":
                raise _Closed(4002, "Error while decoding payload.")
            connection.op(10, {"heartbeat_interval": round(self._heartbeat_interval * 1000), "_trace": []})
            async for frame in socket:
                self._receive(connection, frame.type, frame.data)
        except _Closed as closed:
            connection.thaw()
            connection.close(closed.code, closed.reason)
            await writer
        finally:
            self._connections.discard(connection)
            self._lose(connection, socket.close_code)
            for task in (writer, watchdog):
                task.cancel()
            self._observers.changed()
        return socket

    async def stop(self) -> None:
        for connection in list(self._connections):
            connection.drop()

    async def _write(self, connection: Connection) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):  # the client is gone
            await connection.write()

    async def _watch(self, connection: Connection) -> None:
        """Close a connection whose client stopped heartbeating; its session can be resumed."""
        patience = self._heartbeat_interval * 1.5 + 1.0
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
        if code in (1000, 1001):  # the client said it is done
            self.sessions.pop(session.id, None)

    def _prune(self) -> None:
        now = time.monotonic()
        for session in list(self.sessions.values()):
            if session.lost_at is not None and now - session.lost_at > self._session_timeout:
                del self.sessions[session.id]

    def _all_op(self, op: int, data: object = None) -> None:
        for connection in self._connections:
            connection.op(op, data)

    # -- what a client says

    def _receive(self, connection: Connection, kind: WSMsgType, data: str | bytes) -> None:
        if kind is WSMsgType.ERROR:
            return
        if len(data) > MAX_PAYLOAD:
            raise _Closed(4002, "Error while decoding payload.")
        try:
            given = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise _Closed(4002, "Error while decoding payload.") from None
        if not isinstance(given, dict) or not isinstance(given.get("op"), int):
            raise _Closed(4002, "Error while decoding payload.")
        now = time.monotonic()
        if self._limited and len(connection.sent_at) == MAX_COMMANDS and now - connection.sent_at[0] < COMMANDS_SECONDS:
            raise _Closed(4008, "You are being rate limited.")
        connection.sent_at.append(now)
        self._command(connection, given["op"], given.get("d"))

    def _command(self, connection: Connection, op: int, data: Any) -> None:
        if op == 1:
            connection.last_heartbeat = time.monotonic()
            if self.acks:
                connection.op(11)
            return
        if op not in (2, 3, 4, 6, 8):
            raise _Closed(4001, "Unknown opcode.")
        if not isinstance(data, dict):
            raise _Closed(4002, "Error while decoding payload.")
        if op in (2, 6):
            if connection.session is not None:
                raise _Closed(4005, "Already authenticated.")
            if data.get("token") != self._world.token:
                raise _Closed(4004, "Authentication failed.")
            self._identify(connection, data) if op == 2 else self._resume(connection, data)
        elif connection.session is None:
            raise _Closed(4003, "Not authenticated.")
        elif op == 8:
            self._request_members(connection.session, data)

    def _identify(self, connection: Connection, data: JSON) -> None:
        shard = data.get("shard", [0, 1])
        if not _is_shard(shard):
            raise _Closed(4010, "Invalid shard.")
        intents = data.get("intents")
        if not isinstance(intents, int) or intents < 0 or intents & ~KNOWN_INTENTS:
            raise _Closed(4013, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self._application.intents:
            raise _Closed(4014, "Disallowed intent(s).")
        now = time.monotonic()
        if self._limited and now - self._identified_at < IDENTIFY_SECONDS:
            connection.op(9, False)
            return
        self._identified_at = now
        self.identifies += 1
        session = Session(Intent(intents), (shard[0], shard[1]), buffer=self._resume_buffer)
        self._attach(session, connection)
        self.sessions[session.id] = session
        if len(self.sessions) > MAX_SESSIONS:
            del self.sessions[next(iter(self.sessions))]
        self._begin(session)

    def _begin(self, session: Session) -> None:
        world = self._world
        mine = [g for g in world.guilds.values() if world.bot.id in g.members and session.takes(g.id)]
        first = ready(
            session,
            user=wire.user(world.bot),
            guilds=[{"id": g.id, "unavailable": True} for g in mine],
            application={"id": world.application_id, "flags": self._application.flags},
            resume_url=f"{world.base.replace('http', 'ws', 1)}/gateway/",
        )
        session.dispatch("READY", orjson.dumps(first))
        if session.intents & Intent.GUILDS:
            everyone = bool(session.intents & Intent.GUILD_PRESENCES)
            for guild in mine:
                created = wire.guild_created(world, guild, all_members=everyone)
                session.dispatch("GUILD_CREATE", orjson.dumps(created))
        self._observers.changed()

    def _resume(self, connection: Connection, data: JSON) -> None:
        self._prune()
        session = self.sessions.get(str(data.get("session_id"))) if self.resumable else None
        seq = data.get("seq")
        if session is None or not isinstance(seq, int):
            connection.op(9, False)
            return
        if seq > session.seq:
            raise _Closed(4007, "Invalid seq.")
        if session.connection is not None:
            session.connection.close(4000, "resumed elsewhere")
        self._attach(session, connection)
        if not session.replay(seq):
            connection.session = session.connection = None
            del self.sessions[session.id]
            connection.op(9, False)
            return
        self.resumes += 1
        session.dispatch("RESUMED", b'{"_trace":[]}')
        self._observers.changed()

    def _attach(self, session: Session, connection: Connection) -> None:
        connection.session, session.connection, session.lost_at = session, connection, None

    def _request_members(self, session: Session, data: JSON) -> None:
        guild = self._world.guilds.get(str(data.get("guild_id")))
        if guild is None or self._world.bot.id not in guild.members:
            return
        wanted = data.get("user_ids")
        found = list(guild.members.values())
        if wanted is not None:
            ids = wanted if isinstance(wanted, list) else [wanted]
            found = [m for m in found if m.user.id in ids][:100]
        else:
            query, limit = str(data.get("query", "")).lower(), data.get("limit", 0)
            if not query and not limit and not session.intents & Intent.GUILD_MEMBERS:
                return
            found = [m for m in found if m.user.username.startswith(query)][: limit or None]
        chunk: JSON = {
            "guild_id": guild.id,
            "members": [wire.member(m) for m in found],
            "chunk_index": 0,
            "chunk_count": 1,
        }
        if isinstance(data.get("nonce"), str) and len(data["nonce"].encode()) <= 32:
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", orjson.dumps(chunk))


def _is_shard(given: object) -> bool:
    if not isinstance(given, list) or len(given) != 2 or not all(isinstance(each, int) for each in given):
        return False
    return 0 <= given[0] < given[1]
