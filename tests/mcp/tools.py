"""A server of tools, made with the library. Run as a program it speaks over standard input and output."""

import os
import sys
from collections import Counter
from pathlib import Path

from mcp.server.mcpserver import MCPServer


def server() -> MCPServer:
    """Return a server with a few tools."""
    tools = MCPServer("tools")
    calls: Counter[str] = Counter()

    @tools.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @tools.tool()
    def count() -> int:
        """Count the calls that this process had."""
        calls["count"] += 1
        return calls["count"]

    @tools.tool()
    def variable(name: str) -> str:
        """Return a variable of the environment."""
        return os.environ.get(name, "not set")

    @tools.tool()
    def fail() -> str:
        """Fail."""
        raise ValueError("this tool always fails")

    @tools.tool()
    def die() -> str:
        """End the process at once."""
        sys.stderr.write("the last words\n")
        sys.stderr.flush()
        os._exit(3)

    return tools


if __name__ == "__main__":
    if len(sys.argv) > 1:  # a file that names the processes there were
        with Path(sys.argv[1]).open("a") as pids:
            pids.write(f"{os.getpid()}\n")
    server().run("stdio")
