"""A playground served by uvicorn inside the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from gateway.playground import Playground
from tests.playground.handfed import HandFed


@dataclass
class Served:
    url: str
    emulator: HandFed
    playground: Playground
    server: uvicorn.Server


@asynccontextmanager
async def serving(*, heartbeat: float = 15.0) -> AsyncIterator[Served]:
    emulator = HandFed()
    playground = Playground({"slack": emulator}, heartbeat=heartbeat)
    config = uvicorn.Config(Starlette(routes=playground.routes), lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield Served(f"http://127.0.0.1:{port}", emulator, playground, server)
    finally:
        await playground.close()
        server.should_exit = True
        await task
        listener.close()
