"""One replica of the bot: a process with a folder of its own that reaches the database through a proxy of its own."""

import signal
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import aiohttp
import pytest

from tests.cluster.proxy import FaultyProxy
from tests.cluster.server import url_at
from tests.support.left_out import UNTESTED_CLOCK
from tests.support.process import BotProcess


@cache
def wrong_clock() -> Path | None:
    """Return the library that shows a process another time, None where it is not installed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def require_wrong_clock() -> None:
    """Skip the test where there is nothing to show a process another time with; the end of the run says so."""
    if wrong_clock() is None:
        pytest.skip(f"{UNTESTED_CLOCK}: there is no libfaketime; on Debian: apt-get install libfaketime")


class Replica(BotProcess):
    """A replica named ``name``. ``proxy`` leads to the database. ``clock``: by how many hours its clock is wrong, from
    the next start on."""

    def __init__(
        self, name: str, folder: Path, source: str, environment: Mapping[str, str], proxy: FaultyProxy
    ) -> None:
        folder.mkdir()
        super().__init__(folder, source, {**environment, "DATABASE_URL": url_at(proxy.port), "REPLICA": name})
        self.name = name
        self.proxy = proxy
        self.clock = 0
        self.frozen = False

    @property
    def running(self) -> bool:
        """Whether the process lives; a frozen one does."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        self._environment.pop("LD_PRELOAD", None)
        if self.clock:
            library = wrong_clock()
            assert library is not None, "libfaketime is not installed"
            # What a process measures durations with is right on a machine whose clock is wrong.
            self._environment |= {
                "LD_PRELOAD": str(library),
                "FAKETIME": f"{self.clock:+d}h",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DISABLE_SHM": "1",
                "NO_FAKE_STAT": "1",
            }
        self.frozen = False
        await super().start()

    def freeze(self) -> None:
        """Stop the process as a machine that sleeps does (SIGSTOP): its connections stay open."""
        self.send_signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self) -> None:
        """Let a frozen process go on. It may then have ended itself."""
        self.send_signal(signal.SIGCONT)
        self.frozen = False

    async def ensure_running(self) -> None:
        """Start the process again where it has ended by itself, as an orchestrator does."""
        if not self.running:
            await self.start()

    def uses_port(self, port: int) -> bool:
        """Return whether the process has a connection from this port of the machine (Linux)."""
        assert self._process is not None
        table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        inodes = {row[9] for row in table if int(row[1].rpartition(":")[2], 16) == port}
        open_files = Path(f"/proc/{self._process.pid}/fd").iterdir()
        return any(str(file.readlink()) in {f"socket:[{inode}]" for inode in inodes} for file in open_files)

    async def readiness(self) -> tuple[int, dict[str, object]]:
        """Return status and body of ``/readyz``."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session,
            session.get(f"{self.url}/readyz") as answer,
        ):
            return answer.status, await answer.json()
