"""Runs a subject in a server process of its own, pinned to a core of its own."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.platform import Subject

ROOT = Path(__file__).parent.parent
START_DEADLINE = 30.0
STOP_DEADLINE = 20.0


class DidNotStart(Exception):
    """Raised when the process ended or did not answer in time; the text is the end of its output."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running subject."""

    pid: int
    port: int
    start_seconds: float
    """Seconds from spawning the process until it takes events."""


@asynccontextmanager
async def serve(
    subject: Subject, *, up: Callable[[int], Awaitable[None]], core: int | None, environment: Mapping[str, str]
) -> AsyncIterator[Server]:
    """Run the subject in an empty folder that is removed afterwards. ``up`` returns when the server at a port takes
    events. Raises ``DidNotStart``."""
    with TemporaryDirectory(prefix=f"bench-{subject.key}-") as folder:
        port, output = _free_port(), Path(folder, "output.txt")
        with output.open("wb") as sink:
            begun = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *(argument.format(port=port) for argument in subject.arguments),
                cwd=folder,
                env=_environment(folder) | dict(environment) | dict(subject.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
            )
        try:
            await _until_up(process, up(port), output)
            yield Server(process.pid, port, time.perf_counter() - begun)
        finally:
            await _stop(process)


def _environment(folder: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite:///{folder}/gateway.db",
        "GATEWAY_DATA_DIR": folder,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _until_up(process: asyncio.subprocess.Process, up: Awaitable[None], output: Path) -> None:
    ready, ended = asyncio.ensure_future(up), asyncio.ensure_future(process.wait())
    await asyncio.wait((ready, ended), timeout=START_DEADLINE, return_when=asyncio.FIRST_COMPLETED)
    started = ready.done() and not ended.done()
    for task in (ready, ended):
        task.cancel()
    await asyncio.gather(ready, ended, return_exceptions=True)
    if not started:
        words = output.read_text(errors="replace").strip().splitlines()[-3:]
        raise DidNotStart(" / ".join(line.strip() for line in words) or f"no answer within {START_DEADLINE:g} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_DEADLINE)
    except TimeoutError:
        process.kill()
        await process.wait()
