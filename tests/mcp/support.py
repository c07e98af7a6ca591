"""Files of servers, servers on loopback, and a bot that calls their tools."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import uvicorn

import gateway as cl
from gateway.serving.server import bind
from gateway.testing.serving import LoopbackServer
from tests.mcp import tools
from tests.support.bot import RunningBot

PROGRAM = Path(tools.__file__)
PATIENCE = 20.0
"""Seconds that something may take to happen."""


def listed(folder: Path, **servers: dict[str, Any]) -> Path:
    """Write a file of servers, and return its path."""
    path = folder / "servers.json"
    path.write_text(json.dumps({"mcpServers": servers}, indent=2))
    return path


def program(folder: Path, **more: Any) -> dict[str, Any]:
    """Return the entry of the server as a program that notes its process in the file ``pids``."""
    return {"command": sys.executable, "args": [str(PROGRAM), str(folder / "pids")], **more}


def pids(folder: Path) -> list[int]:
    """Return the processes of that server there have been."""
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def runs(pid: int) -> bool:
    """Return whether a process runs, one that has ended and was not waited for excluded."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until_gone(*processes: int) -> None:
    """Wait until none of these processes runs."""
    async with asyncio.timeout(PATIENCE):
        while any(runs(pid) for pid in processes):
            await asyncio.sleep(0.02)


async def rested(running: RunningBot) -> None:
    """Let all sessions leave memory, without the time that takes."""
    sessions = running.gateway.sessions
    sessions._rest_after = 0.0
    async with asyncio.timeout(PATIENCE):
        while len(sessions):  # a turn that has answered may not be over yet
            sessions.rest_idle()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def on_loopback(kind: Literal["sse", "http"], port: int = 0) -> AsyncIterator[dict[str, Any]]:
    """Serve the tools over HTTP, and yield the entry of the server, which breaks its connections off at the end."""
    with bind("127.0.0.1", port) as listener:
        port = listener.getsockname()[1]
        app = tools.server().sse_app() if kind == "sse" else tools.server().streamable_http_app()
        server = LoopbackServer(uvicorn.Config(app, lifespan="on", log_config=None, ws="none"))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield {"type": kind, "url": f"http://127.0.0.1:{port}/{'sse' if kind == 'sse' else 'mcp'}"}
        finally:
            server.end()
            for connection in list(server.server_state.connections):  # streams of events would keep it for ever
                connection.transport.abort()
            await running


ALLOWED: dict[str, Any] = {"mcp_executables": sys.executable}
"""The setting that lets the program be started."""


class Calling:
    """A bot that calls the tool it is told: ``SERVER TOOL {arguments}``, and notes what it is connected with."""

    def __init__(self) -> None:
        self.connected: list[str] = []
        self.disconnected: list[str] = []
        self.tools: list[str] = []

    def __call__(self) -> None:
        @cl.on_mcp_connect
        async def connect(connection: Any, session: Any) -> None:
            self.connected.append(f"{connection.name} {connection.clientType}")
            self.tools = [tool.name for tool in (await session.list_tools()).tools]
            cl.user_session.set("count", cl.user_session.get("count", 0) + 1)

        @cl.on_mcp_disconnect
        async def disconnect(name: str, session: Any) -> None:
            self.disconnected.append(f"{name} {cl.user_session.get('count')}")

        @cl.step(type="tool")
        async def use(name: str, tool: str, arguments: dict[str, Any]) -> str:
            session, _ = cl.context.session.mcp_sessions[name]
            result = await session.call_tool(tool, arguments)
            return "error" if result.isError else str(result.content[0].text)

        @cl.on_message
        async def main(message: cl.Message) -> None:
            if not message.content.count(" "):
                await cl.Message(f"with {sorted(cl.context.session.mcp_sessions)}").send()
                return
            name, tool, *arguments = message.content.split(" ", 2)
            try:
                result = await use(name, tool, json.loads(arguments[0]) if arguments else {})
            except Exception as error:
                result = f"failed: {type(error).__name__}"
            await cl.Message(f"{tool} is {result}").send()


def alone() -> dict[str, str]:
    """Return the environment of a bot in a process of its own that finds this gateway."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(PROGRAM.parents[2]), os.environ.get("PYTHONPATH"))))}
