"""Servers of tools (MCP), made with the real library, and bots that are connected with them."""
