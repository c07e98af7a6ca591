"""The connections of all conversations: opened before a handler runs, closed when a session ends or leaves memory."""

import asyncio
import contextvars
import time
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.chat.context import MCP_SESSIONS
from gateway.chat.registry import Handler
from gateway.errors import Fenced
from gateway.integrations.mcp.connection import McpConnection
from gateway.integrations.mcp.servers import McpServer
from gateway.runtime.calling import call
from gateway.runtime.context import current_turn
from gateway.runtime.session import Session
from gateway.runtime.turn import Turn

log = structlog.get_logger(__name__)

PAUSE = 5.0
"""Seconds for which a server that could not be connected is left alone; twice as long after each further failure."""
LONGEST_PAUSE = 300.0
"""Seconds for which it is left alone at most."""
HOOK_WITHIN = 5.0
"""Seconds that ``on_mcp_disconnect`` may take."""


@dataclass
class _Pause:
    """How long a server is left alone after failures."""

    seconds: float = PAUSE
    until: float = 0.0

    def failed(self) -> float:
        """Note a failure, and return the seconds until the next try."""
        seconds, self.seconds = self.seconds, min(2 * self.seconds, LONGEST_PAUSE)
        self.until = time.monotonic() + seconds
        return seconds


@dataclass
class _Conversation:
    """What one session in memory is connected with."""

    turn: Turn
    """The last turn that used the connections."""
    open: dict[str, McpConnection] = field(default_factory=dict[str, McpConnection])
    """The connections by the server's name."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the turn that opens or closes connections: a conversation may have two turns beside one another."""

    @property
    def session(self) -> Session:
        """The session they belong to."""
        return self.turn.session


class McpConnections:
    """Implements ``SessionResources`` with connections to servers of tools, for each conversation its own.

    Args:
        servers: The servers that each conversation is connected with.
        on_connect: The bot's ``on_mcp_connect``.
        on_disconnect: The bot's ``on_mcp_disconnect``.
        timeout: Seconds that connecting may hold up a turn, ``on_connect`` included.
        limit: Number of connections of all conversations together.
    """

    def __init__(
        self,
        servers: Sequence[McpServer],
        *,
        on_connect: Handler,
        on_disconnect: Handler | None,
        timeout: float,
        limit: int,
    ) -> None:
        self._servers = servers
        self._on_connect = on_connect
        self._on_disconnect = on_disconnect
        self._timeout = timeout
        self._limit = limit
        self._conversations: OrderedDict[str, _Conversation] = OrderedDict()
        """By the session's id, least recently used first."""
        self._pauses = {server.name: _Pause() for server in servers}
        self._background: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """Number of connections that are open, or being opened."""
        return sum(len(conversation.open) for conversation in self._conversations.values())

    # What the runtime asks

    async def prepare(self, turn: Turn) -> None:
        """Connect the session with every server it is not connected with, and call ``on_mcp_connect`` for each. What
        fails is logged: the turn goes on without that server."""
        until = time.monotonic() + self._timeout
        key = turn.session.id
        conversation = self._conversations.setdefault(key, _Conversation(turn))
        self._conversations.move_to_end(key)
        conversation.turn = turn
        async with conversation.lock:
            await self._drop_dead(conversation, until)
            now = time.monotonic()
            wanted = [
                server
                for server in self._servers
                if server.name not in conversation.open and self._pauses[server.name].until <= now
            ]
            if wanted:
                room = await self._room(conversation, len(wanted))
                await self._connect(conversation, wanted[:room], until)
                # If the turn fails, its values are rolled back, and what the connections left in them has to stay.
                turn.session.checkpoint()

    async def end(self, turn: Turn) -> None:
        """Close the connections of a session that ends, in its last turn."""
        conversation = self._conversations.pop(turn.session.id, None)
        if conversation is not None:
            async with conversation.lock:
                await self._disconnect(conversation, list(conversation.open.values()))

    def leave(self, session: Session) -> None:
        """Close the connections of a session that has left memory, in the background."""
        conversation = self._conversations.pop(session.id, None)
        if conversation is not None:
            self._spawn(self._leave(conversation))

    async def close(self) -> None:
        """Close all connections, and wait until they are closed."""
        while self._conversations:
            self._spawn(self._leave(self._conversations.popitem()[1]))
        while self._background:
            await asyncio.wait(self._background)

    # Opening

    async def _connect(self, conversation: _Conversation, servers: Sequence[McpServer], until: float) -> None:
        """Connect with servers beside one another; ``on_mcp_connect`` is called for one after another, in the order in
        which they are connected."""
        connections = {server.name: McpConnection(server) for server in servers}
        conversation.open.update(connections)  # they count from now on
        opening = {
            asyncio.create_task(connection.open(within=max(0.0, until - time.monotonic()))): connection
            for connection in connections.values()
        }
        waiting = set(opening)
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=list(opening).index):
                    await self._opened(conversation, opening[task], task.exception(), until)
        finally:
            for task in waiting:  # the turn was stopped or has failed meanwhile
                task.cancel()
            sessions = conversation.session.attached.get(MCP_SESSIONS, {})
            for name, connection in connections.items():
                if name not in sessions and conversation.open.get(name) is connection:
                    del conversation.open[name]
                    self._spawn(connection.aclose())

    async def _opened(
        self, conversation: _Conversation, connection: McpConnection, error: BaseException | None, until: float
    ) -> None:
        """Take a connection into use, or note that there is none."""
        name, turn = connection.server.name, conversation.turn
        if error is not None:
            pause = self._pauses[name].failed()
            log.error("mcp.not_connected", server=name, pause=pause, **connection.why(error))
            return
        sessions: dict[str, Any] = turn.session.attached.setdefault(MCP_SESSIONS, {})
        sessions[name] = (connection.session, connection)
        clock = asyncio.timeout(max(0.0, until - time.monotonic()))
        try:
            async with clock:
                await call(self._on_connect, connection.server, connection.session)
        except Fenced:
            raise
        except Exception as failure:
            # The function is the bot's own: without it the server's tools are not known, so it is tried again later.
            del sessions[name]
            if turn.cancelled or turn.stopping:
                raise
            late = TimeoutError(f"it took until {self._timeout:g} s were over (GATEWAY_MCP_TIMEOUT)")
            pause = self._pauses[name].failed()
            log.error("mcp.on_connect_failed", server=name, pause=pause, exc_info=late if clock.expired() else failure)
        except BaseException:
            del sessions[name]
            raise
        else:
            self._pauses[name] = _Pause()

    async def _room(self, conversation: _Conversation, wanted: int) -> int:
        """Return how many connections may be opened, and close those of conversations that were not used for long and
        rest at the moment, if that makes room."""
        for other in list(self._conversations.values()):
            if self.count + wanted <= self._limit:
                break
            if other is not conversation and other.open and not other.session.pins:
                await asyncio.wait({self._spawn(self._leave(other, unless_used=True))})
        room = max(0, self._limit - self.count)
        if room < wanted:
            log.warning("mcp.full", open=self.count, fix="all are in use: raise GATEWAY_MCP_CONNECTIONS")
        return min(room, wanted)

    # Closing

    async def _drop_dead(self, conversation: _Conversation, until: float) -> None:
        """Close the connections whose server is gone."""
        left = max(0.0, until - time.monotonic())
        connections = list(conversation.open.values())
        there = await asyncio.gather(*(connection.answers(within=left) for connection in connections))
        dead = [connection for connection, answers in zip(connections, there, strict=True) if not answers]
        await self._disconnect(conversation, dead)

    async def _disconnect(self, conversation: _Conversation, connections: Sequence[McpConnection]) -> None:
        """Call ``on_mcp_disconnect`` for each connection and close it in the background."""
        until = time.monotonic() + HOOK_WITHIN
        sessions: dict[str, Any] = conversation.session.attached.get(MCP_SESSIONS, {})
        for connection in connections:
            name = connection.server.name
            del conversation.open[name]
            if name in sessions and sessions[name][1] is connection:
                del sessions[name]
            try:
                await self._tell(conversation.turn, connection, until)
            finally:
                self._spawn(connection.aclose())

    async def _tell(self, turn: Turn, connection: McpConnection, until: float) -> None:
        """Call ``on_mcp_disconnect``, where it is registered. Its failure is logged."""
        if self._on_disconnect is None:
            return
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                await call(self._on_disconnect, connection.server.name, connection.session)
        except Fenced:
            raise
        except Exception:
            # The function is the bot's own, and the connection has ended whatever it does.
            if turn.cancelled or turn.stopping:
                raise
            log.exception("mcp.on_disconnect_failed", server=connection.server.name)

    async def _leave(self, conversation: _Conversation, *, unless_used: bool = False) -> None:
        """Close the connections of a conversation in which no turn runs; ``unless_used`` does nothing where one began
        meanwhile."""
        async with conversation.lock:
            used, turn = conversation.session.pins > 0, conversation.turn
            if used and unless_used:
                return
            turn.over = turn.over or not used  # its values can still be read, but nothing can be said in it
            current_turn.set(turn)
            await self._disconnect(conversation, list(conversation.open.values()))

    def _spawn(self, closing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(closing, context=contextvars.Context())
        self._background.add(task)
        task.add_done_callback(self._closed)
        return task

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("mcp.not_closed", exc_info=error)
