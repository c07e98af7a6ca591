"""A server of tools (MCP) for `examples/mcp_tools.py`: it knows what a shop has, and is started by the gateway."""

from mcp.server.mcpserver import MCPServer

STOCK = {"tea": 12, "coffee": 0, "cups": 3}
server = MCPServer("shop")


@server.tool()
def stock(item: str) -> str:
    """Say how much there is of an item."""
    if item not in STOCK:
        return f"there is no {item} in this shop"
    return f"{STOCK[item]} of {item}"


@server.tool()
def reserve(item: str, count: int) -> str:
    """Put something aside for this conversation."""
    STOCK[item] -= count
    return f"{count} of {item} put aside, {STOCK[item]} left"


server.run("stdio")
