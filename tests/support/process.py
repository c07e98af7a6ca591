"""A bot in a process of its own, to be killed, restarted and terminated."""

import asyncio
import os
import random
import signal
import sys
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gateway.errors import SettingsError
from gateway.serving.server import bind
from tests.support import forks

_ROOT = Path(__file__).parent.parent.parent
"""The folder of the code under test, which another installation in the environment must not hide."""


def free_port() -> int:
    """Return a port that nobody uses, and that nobody is given while the bot is down between two of its lives: one that
    the system does not hand out for outgoing connections (those begin at 32768), and no other worker of the tests
    takes."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
    while True:
        with suppress(SettingsError), bind("127.0.0.1", 20_000 + 2_000 * worker + random.randrange(2_000)) as listener:
            port: int = listener.getsockname()[1]
            return port


class BotProcess:
    """``gateway run`` with the emulator's environment. Its data stays in ``folder`` across restarts."""

    def __init__(self, folder: Path, source: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.bot = folder / "bot.py"
        self.bot.write_text(textwrap.dedent(source))
        self.port = free_port()
        self._environment = dict(environment)
        self._process: asyncio.subprocess.Process | forks.GatewayProcess | None = None
        self._reading: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self.log: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the process and wait until it listens."""
        self._listening = asyncio.Event()
        arguments = ("run", str(self.bot), "--headless", "--port", str(self.port))
        environment = {**os.environ, "GATEWAY_LOG": "json", **self._environment}
        if "LD_PRELOAD" in environment:  # which a process heeds when it begins, and not a fork
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.cli", *arguments),
                cwd=self.folder,
                env={**environment, "PYTHONPATH": str(_ROOT)},
                stderr=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
            )
        else:
            self._process = await forks.start(*arguments, folder=self.folder, environment=environment)
        self._reading = asyncio.create_task(self._read(self._process))
        async with asyncio.timeout(45):
            await self._listening.wait()
        if self._process.returncode is not None:
            raise AssertionError("the bot did not start:\n" + "\n".join(self.log[-20:]))

    async def _read(self, process: asyncio.subprocess.Process | forks.GatewayProcess) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            if "Listening on" in text:
                self._listening.set()
        await process.wait()
        self._listening.set()

    def send_signal(self, sig: signal.Signals) -> None:
        """Send the process a signal that does not end it."""
        assert self._process is not None
        self._process.send_signal(sig)

    async def kill(self) -> None:
        """Kill the process at once (SIGKILL), as a crash would."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        """Ask the process to end (SIGTERM), as a deployment does; return its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, sig: int) -> int:
        process = self._process
        assert process is not None
        if process.returncode is None:
            process.send_signal(sig)
        async with asyncio.timeout(40):
            code = await process.wait()
        if self._reading is not None:
            await self._reading
        return code

    async def ended(self, *, timeout: float = 30) -> int:
        """Wait until the process has ended by itself; return its exit code."""
        assert self._process is not None
        async with asyncio.timeout(timeout):
            code = await self._process.wait()
        if self._reading is not None:
            await self._reading
        return code

    async def restart(self) -> None:
        """Kill the process and start it again."""
        await self.kill()
        await self.start()

    async def __aenter__(self) -> "BotProcess":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        print("\n".join(self.log))  # shown by pytest when the test fails
        if self._process is not None and self._process.returncode is None:
            await self.kill()
