"""Runs the proxy with its configuration, ``deploy/Caddyfile``."""

import asyncio
import os
import sysconfig
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.deploy.files import DEPLOY
from tests.support.process import free_port

CADDY = Path(sysconfig.get_path("scripts")) / "caddy"
CONFIGURATION = ("--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile")


@asynccontextmanager
async def proxied(folder: Path, replicas: Iterable[int]) -> AsyncIterator[str]:
    """Run the proxy before replicas on loopback, and yield its address.

    Args:
        folder: Where it keeps what it writes.
        replicas: The ports of the replicas.
    """
    site = f"http://127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        *(CADDY, "run", *CONFIGURATION),
        env={
            **os.environ,
            "HOME": str(folder),
            "PROXY_SITE": site,
            "PROXY_REPLICAS": " ".join(f"127.0.0.1:{port}" for port in replicas),
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async for line in process.stderr:
        if b"serving initial configuration" in line:
            break
    reading = asyncio.create_task(process.stderr.read())  # so that the proxy never waits to write a line
    try:
        yield site
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        print((await reading).decode())  # shown by pytest when the test fails
