"""``chainlit.mcp``: the servers of tools that an operator lists."""

from gateway.integrations.mcp.servers import HttpMcpConnection, SseMcpConnection, StdioMcpConnection

McpConnection = StdioMcpConnection | SseMcpConnection | HttpMcpConnection

__all__ = ["HttpMcpConnection", "McpConnection", "SseMcpConnection", "StdioMcpConnection"]
