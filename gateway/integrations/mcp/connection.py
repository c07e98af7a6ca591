"""One connection with a server of tools: a task of its own opens it, keeps it and closes it."""

import asyncio
import contextvars
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import TextIO, cast

import structlog

from gateway.integrations.mcp.library import WatchedSession, session_with
from gateway.integrations.mcp.servers import McpServer, StdioMcpConnection
from gateway.runtime.calling import as_failure

log = structlog.get_logger(__name__)

CLOSE_WITHIN = 8.0
"""Seconds a connection gets to close: the library gives a program 2 s to end by itself, and 2 s after SIGTERM."""
CANCEL_WITHIN = 2.0
"""Seconds that its task gets to end after that."""
PING_WITHIN = 5.0
"""Seconds a server gets to answer a ping."""
SETTLE_WITHIN = 1.0
"""Seconds the library gets to fail the requests that wait for a server that is gone."""
FRESH = 15.0
"""Seconds after an answer for which a server over streamable HTTP is taken to be there."""


class McpConnection:
    """A connection with one server, for one conversation.

    The library's connections have to be closed in the task they were opened in, so each has a task that does nothing
    else. When the server's side ends, the task ends, and ``ended`` is true.
    """

    def __init__(self, server: McpServer) -> None:
        self.server = server
        self._session: WatchedSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._done = asyncio.Event()
        """Set when there is no use in keeping the connection: its server has gone, or it shall be closed."""
        self._closing = False
        self._said = ProgramErrors(server.name)

    @property
    def session(self) -> WatchedSession:
        """The open session."""
        assert self._session is not None, "the connection was not opened"
        return self._session

    @property
    def ended(self) -> bool:
        """Whether the connection is closed, or its server's side has ended."""
        return self._done.is_set()

    async def open(self, *, within: float) -> None:
        """Connect and agree with the server on a version. Raises what keeps it from it, ``TimeoutError`` included."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # In an empty context: the connection belongs to no turn, even if a turn opens it.
        self._task = asyncio.create_task(self._keep(opened, within), context=contextvars.Context())
        try:
            await asyncio.shield(opened)
        except asyncio.CancelledError:
            self._task.cancel()
            opened.cancel()
            raise

    async def _keep(self, opened: asyncio.Future[None], within: float) -> None:
        try:
            async with AsyncExitStack() as stack:
                session = await self._opened(stack, opened, within)
                self._session = session
                opened.set_result(None)
                await self._done.wait()
                if not self._closing:
                    log.warning("mcp.connection_lost", server=self.server.name, **self._said.last())
                    with suppress(TimeoutError):
                        async with asyncio.timeout(SETTLE_WITHIN):
                            await session.idle.wait()
        except BaseException as error:
            # Whatever ends the task was either told to who waits for the connection, or comes of closing it.
            if self._session is not None and not self._closing:
                log.warning("mcp.connection_lost", server=self.server.name, error=described(error), **self._said.last())
        finally:
            self._done.set()
            self._said.close()

    async def _opened(self, stack: AsyncExitStack, opened: asyncio.Future[None], within: float) -> WatchedSession:
        """Connect, and tell a failure before what was opened is closed again, which may take a while."""
        clock = asyncio.timeout(within)
        try:
            async with clock:
                errors = stack.enter_context(await self._said.open(isinstance(self.server, StdioMcpConnection)))
                session = await stack.enter_async_context(
                    session_with(self.server, errors=errors, on_end=self._done.set)
                )
                errors.close()  # the program has its own copy
                await session.initialize()
                session.used_at = time.monotonic()
                return session
        except BaseException as error:
            if not opened.done():
                late = TimeoutError(f"no answer within {within:.3g} s (GATEWAY_MCP_TIMEOUT)")
                opened.set_exception(late if clock.expired() else _first(error))
            raise

    async def answers(self, *, within: float) -> bool:
        """Return whether the server is still there. It is asked only where that is not known anyway."""
        session = self.session
        if self.ended:
            return False
        quiet = self.server.clientType == "streamable-http" and time.monotonic() - session.used_at > FRESH
        if session.in_use or not (session.suspect or quiet):
            return True
        try:
            async with asyncio.timeout(min(within, PING_WITHIN)):
                await session.send_ping()
        except Exception as error:  # whatever the library raises, the server gave no answer
            log.warning("mcp.no_answer", server=self.server.name, error=described(error))
            return False
        return not self.ended

    async def aclose(self) -> None:
        """Close the connection, and end the program if it was started for it. Closing it again does nothing."""
        self._closing = True
        self._done.set()
        task = self._task
        if task is None or task.done():
            return
        await asyncio.wait({task}, timeout=CLOSE_WITHIN)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=CANCEL_WITHIN)
            log.warning("mcp.not_closed", server=self.server.name, ended=task.done())

    def why(self, error: BaseException) -> dict[str, str]:
        """Return what an operator has to know of a failure, as fields of a log line."""
        return {"error": described(error), **self._said.last()}


class ProgramErrors:
    """What a program writes to its standard error: each line is logged for debugging, the last ones are remembered for
    the log line that says how it ended."""

    LINES = 5
    LENGTH = 500

    def __init__(self, server: str) -> None:
        self._server = server
        self._lines: deque[str] = deque(maxlen=self.LINES)
        self._transport: asyncio.BaseTransport | None = None

    async def open(self, reads: bool) -> TextIO:
        """Return the file to write to. Without ``reads`` nothing is expected of it."""
        if not reads:
            return open(os.devnull, "w", encoding="utf-8")  # noqa: ASYNC230 (closed by the caller)
        read, write = os.pipe()
        file = os.fdopen(write, "w", encoding="utf-8")
        pipe = os.fdopen(read, "rb", buffering=0)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: _Lines(self._heard), pipe)
        return file

    def _heard(self, line: str) -> None:
        self._lines.append(line[: self.LENGTH])
        log.debug("mcp.program_said", server=self._server, line=line[: self.LENGTH])

    def last(self) -> dict[str, str]:
        """Return the last lines as a field of a log line."""
        return {"said": " | ".join(self._lines)} if self._lines else {}

    def close(self) -> None:
        """Read no more."""
        if self._transport is not None:
            self._transport.close()


class _Lines(asyncio.Protocol):
    """Cuts bytes into lines, those without an end included."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-ProgramErrors.LENGTH :]
        for line in lines:
            if text := line.decode("utf-8", "replace").rstrip():
                self._heard(text)


def _first(error: BaseException) -> Exception:
    """Return the first failure in a group of them, which task groups make of one."""
    while isinstance(error, BaseExceptionGroup):
        error = cast(BaseExceptionGroup[BaseException], error).exceptions[0]
    return as_failure(error)


def described(error: BaseException) -> str:
    """Return one line on a failure."""
    error = _first(error)
    return " ".join(f"{type(error).__name__}: {error}".split())[:300].rstrip(": ")
