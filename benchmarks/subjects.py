"""What is measured: each subject is one server process, pinned to a core of its own."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.events import SECRET, TOKEN

ROOT = Path(__file__).parent.parent
BOTS = ROOT / "benchmarks" / "bots"
START_DEADLINE = 30.0
STOP_DEADLINE = 20.0


class DidNotStart(Exception):
    """The process ended, or did not answer in time; the text is its last words."""


@dataclass(frozen=True, slots=True)
class Subject:
    """How to start it; ``{port}`` stands for the port."""

    key: str
    title: str
    arguments: Sequence[str]


FLOOR = Subject("floor", "floor: Starlette + aiohttp", [str(BOTS / "floor.py"), "{port}"])
BOLT = Subject("bolt", "raw slack-bolt", [str(BOTS / "bolt.py"), "{port}"])
SHARED = Subject("shared", "slack-bolt + shared session", [str(BOTS / "bolt.py"), "{port}", "--shared-session"])
OURS = Subject(
    "ours",
    "ours",
    ["-m", "gateway.cli", "run", str(BOTS / "echo.py"), "--headless", "--host", "127.0.0.1", "--port", "{port}"],
)
SUBJECTS = {subject.key: subject for subject in (FLOOR, BOLT, SHARED, OURS)}


@dataclass(frozen=True, slots=True)
class Server:
    """A running subject."""

    pid: int
    port: int
    start_seconds: float
    """From spawning the process to its first 200 on /healthz."""


@asynccontextmanager
async def serve(
    subject: Subject, *, api_url: str, core: int | None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """Run the subject in an empty folder that is removed afterwards. Raises ``DidNotStart``."""
    with TemporaryDirectory(prefix=f"bench-{subject.key}-") as folder:
        port, output = _free_port(), Path(folder, "output.txt")
        with output.open("wb") as sink:
            begun = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *(argument.format(port=port) for argument in subject.arguments),
                cwd=folder,
                env=_environment(folder, api_url) | dict(environment or {}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
            )
        try:
            await _until_healthy(process, port, output)
            yield Server(process.pid, port, time.perf_counter() - begun)
        finally:
            await _stop(process)


def _environment(folder: str, api_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "SLACK_API_URL": api_url,
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "DATABASE_URL": f"sqlite:///{folder}/gateway.db",
        "GATEWAY_DATA_DIR": folder,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _until_healthy(process: asyncio.subprocess.Process, port: int, output: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while process.returncode is None and time.monotonic() < deadline:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
            if b" 200 " in status:
                return
        except OSError:
            pass
        await asyncio.sleep(0.003)
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
