"""Everything that is asked of the library ``mcp``, versions 1.26 and later, in which version 2 changed names."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TextIO, TypeVar

from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client import streamable_http
from mcp.client.sse import sse_client
from mcp.types import CallToolResult, Implementation, ListToolsResult, Tool
from pydantic import BaseModel

from gateway.integrations.mcp.servers import HttpMcpConnection, McpServer, SseMcpConnection, StdioMcpConnection

Model = TypeVar("Model", bound=BaseModel)

REQUEST_TIMEOUT = 30.0
"""Seconds an HTTP request may take until its answer begins."""
SILENCE = 300.0
"""Seconds a stream of events may be silent."""


class WatchedSession(ClientSession):
    """A ``ClientSession`` of which is known when it was last answered, and whether a request has failed since."""

    used_at = 0.0
    """When the server last answered, by ``time.monotonic``."""
    in_use = 0
    """How many requests wait for their answer."""
    suspect = False
    """Whether the last request that ended had no answer: the server may be gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.idle = asyncio.Event()
        """Set while no request waits for its answer."""
        self.idle.set()

    async def send_request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request and return its result, which has the names of version 1 of the library, too."""
        self.in_use += 1
        self.idle.clear()
        try:
            result: Any = await super().send_request(*args, **kwargs)
        except Exception:
            self.suspect = True
            raise
        finally:
            self.in_use -= 1
            if not self.in_use:
                self.idle.set()
        self.suspect = False
        self.used_at = time.monotonic()
        return with_former_names(result)


class WatchedStream:
    """A stream of a transport that tells when the server's side has ended."""

    def __init__(self, inner: Any, on_end: Callable[[], None]) -> None:
        self._inner = inner
        self._on_end = on_end

    async def receive(self) -> Any:
        """Return the next message."""
        try:
            return await self._inner.receive()
        except Exception:
            self._on_end()
            raise

    def __aiter__(self) -> WatchedStream:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._inner.__anext__()
        except Exception:  # ``StopAsyncIteration`` included
            self._on_end()
            raise

    async def aclose(self) -> None:
        """Close the stream."""
        await self._inner.aclose()

    async def __aenter__(self) -> WatchedStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@asynccontextmanager
async def session_with(
    server: McpServer, *, errors: TextIO, on_end: Callable[[], None]
) -> AsyncGenerator[WatchedSession]:
    """Connect with a server and yield the session, to be initialised. It has to be left in the task it was entered in.
    ``errors`` is what a program that is started writes its errors to; ``on_end`` is called when the server's side has
    ended."""
    async with _streams(server, errors) as (read, write):
        watched: Any = WatchedStream(read, on_end)
        async with WatchedSession(
            watched, write, client_info=Implementation(name="bot-gateway", version="1")
        ) as session:
            yield session


@asynccontextmanager
async def _streams(server: McpServer, errors: TextIO) -> AsyncGenerator[tuple[Any, Any]]:
    match server:
        case StdioMcpConnection():
            program = StdioServerParameters(
                command=server.command, args=list(server.args), env=dict(server.env), cwd=server.cwd
            )
            async with stdio_client(program, errlog=errors) as (read, write):
                yield read, write
        case SseMcpConnection():
            headers = dict(server.headers)
            async with sse_client(server.url, headers, timeout=REQUEST_TIMEOUT, sse_read_timeout=SILENCE) as (
                read,
                write,
            ):
                yield read, write
        case HttpMcpConnection():
            async with _streamable_http(server) as (read, write):
                yield read, write


@asynccontextmanager
async def _streamable_http(server: HttpMcpConnection) -> AsyncGenerator[tuple[Any, Any]]:
    headers = dict(server.headers)
    library: Any = streamable_http
    if hasattr(library, "streamablehttp_client"):  # version 1
        async with library.streamablehttp_client(server.url, headers=headers) as (read, write, _):
            yield read, write
        return
    import httpx2

    timeout = httpx2.Timeout(REQUEST_TIMEOUT, read=SILENCE)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=timeout) as client,
        library.streamable_http_client(server.url, http_client=client) as (read, write),
    ):
        yield read, write


class _ListedTool(Tool):
    """A tool that has its schemas under the names of version 1, too."""

    @property
    def inputSchema(self) -> Any:
        return self.input_schema

    @property
    def outputSchema(self) -> Any:
        return self.output_schema


class _ToolResult(CallToolResult):
    """A tool's result that has its fields under the names of version 1, too."""

    @property
    def isError(self) -> bool:
        return bool(self.is_error)

    @property
    def structuredContent(self) -> Any:
        return self.structured_content


def with_former_names(result: Any) -> Any:
    """Return a result of version 2 so that programs written for version 1, as Chainlit's documents are, can read it."""
    if "inputSchema" in Tool.model_fields:
        return result
    if isinstance(result, ListToolsResult):
        result.tools = list[Tool](_as(_ListedTool, tool) for tool in result.tools)
    elif isinstance(result, CallToolResult):
        return _as(_ToolResult, result)
    return result


def _as(kind: type[Model], value: BaseModel) -> Model:
    fields: dict[str, Any] = dict(value)
    return kind.model_construct(value.model_fields_set, **fields)
