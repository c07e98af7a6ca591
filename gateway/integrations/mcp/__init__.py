"""Servers of tools (MCP): each conversation has connections of its own with those that the operator configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from gateway.chat.registry import Callbacks
from gateway.errors import SettingsError
from gateway.integrations.mcp.configuration import FILE, read_configuration
from gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from gateway.integrations.mcp.connections import McpConnections

__all__ = ["connections_of"]

log = structlog.get_logger(__name__)


def connections_of(settings: GatewaySettings, callbacks: Callbacks) -> McpConnections | None:
    """Return what connects the bot's conversations with the configured servers, None where none is
    configured or the bot has no ``on_mcp_connect``. Raises
    ``SettingsError`` for a configuration that does not fit, and where the library is missing."""
    if callbacks.on_mcp_connect is None:
        return None
    servers = read_configuration(
        settings.mcp or callbacks.folder / FILE,
        required=settings.mcp is not None,
        folder=callbacks.folder,
        executables=settings.mcp_allowed,
    )
    if not servers:
        log.warning("mcp.no_servers", fix=f"@on_mcp_connect is registered: list servers in {FILE} beside the bot")
        return None
    try:
        from gateway.integrations.mcp.connections import McpConnections
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "gateway":
            raise
        raise SettingsError(
            f"@on_mcp_connect needs the library `mcp`, of which {error.name} is missing: pip install 'bot-gateway[mcp]'"
        ) from error
    log.info("mcp.servers", servers=[server.name for server in servers])
    return McpConnections(
        servers,
        on_connect=callbacks.on_mcp_connect,
        on_disconnect=callbacks.on_mcp_disconnect,
        timeout=settings.mcp_timeout,
        limit=settings.mcp_connections,
    )
