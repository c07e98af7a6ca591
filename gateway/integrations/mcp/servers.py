"""What is known of a server of tools before it is connected. ``on_mcp_connect`` is given one of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class StdioMcpConnection:
    """A connection with a program that is started on this machine, over its standard input and output."""

    name: str
    """The name in the file of servers."""
    command: str
    """The executable, as a path."""
    args: Sequence[str] = ()
    """Its arguments."""
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Variables that the program gets beside ``PATH``, ``HOME`` and the like."""
    cwd: Path | None = None
    """The folder it runs in; None for that of the gateway."""
    clientType: Literal["stdio"] = "stdio"
    """The kind of connection."""


@dataclass(frozen=True, kw_only=True)
class SseMcpConnection:
    """A connection with a server over HTTP with server-sent events, the older of the two kinds over HTTP."""

    name: str
    """The name in the file of servers."""
    url: str
    """The address of the stream of events."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers of every request."""
    clientType: Literal["sse"] = "sse"
    """The kind of connection."""


@dataclass(frozen=True, kw_only=True)
class HttpMcpConnection:
    """A connection with a server over streamable HTTP."""

    name: str
    """The name in the file of servers."""
    url: str
    """The server's address."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers of every request."""
    clientType: Literal["streamable-http"] = "streamable-http"
    """The kind of connection."""


McpServer = StdioMcpConnection | SseMcpConnection | HttpMcpConnection
"""A server of tools, and how it is connected with."""
