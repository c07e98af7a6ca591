"""A PostgreSQL server of its own for one test: to be killed, restarted, and to run out of disk."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.left_out import UNTESTED_CLUSTER
from tests.support.process import free_port

_DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian puts the server's programs, a folder for each version."""
_USER = "postgres"
"""Who runs the server where the tests run as root, which PostgreSQL refuses to be run by."""
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 100
min_wal_size = 4MB
max_wal_size = 16MB
wal_recycle = off
autovacuum_naptime = 10s
"""
_INITDB = ("--no-locale", "--wal-segsize=1", "--no-sync")
BALLAST = 8 * 1024 * 1024
"""Bytes of the file that is written again and again until the disk is full."""


@cache
def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None where there is none."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    folders = [each.parent for each in _DEBIAN.glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name)) if folders else None


async def version() -> str:
    """Return the version of PostgreSQL's programs."""
    return (await _run([_program("postgres"), "--version"])).split()[2]


def require_postgres() -> None:
    """Skip the test, loudly, where PostgreSQL's programs are missing; fail it in CI."""
    if programs() is not None:
        return
    reason = f"{UNTESTED_CLUSTER}: there is no initdb; install a PostgreSQL server (Debian: postgresql)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # a warning is an error here, and this one must not fail the test
        warnings.warn(pytest.PytestWarning(reason), stacklevel=1)
    pytest.skip(reason)


class PostgresServer:
    """A server with an empty database ``gateway``; durable as a real one (``fsync`` is on). ``disk_megabytes`` puts it
    on a disk of its own of that size, which needs the right to mount one (``may_mount``)."""

    def __init__(self, *, disk_megabytes: int | None = None) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="cluster-"))
        self._data = self._root / "data"
        self._disk = disk_megabytes
        self._log = self._root / "log"
        self._process: asyncio.subprocess.Process | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return url_at(self.port)

    @property
    def log(self) -> str:
        """What the server wrote to its log."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def __aenter__(self) -> Self:
        self._data.mkdir(mode=0o700)
        if self._disk is not None:
            await _run(["mount", "-t", "tmpfs", "-o", f"size={self._disk}m", "tmpfs", str(self._data)])
        if (user := _user()) is not None:
            shutil.chown(self._root, user)
            shutil.chown(self._data, user)
            self._data.chmod(0o700)
        data = str(self._data)
        await _run([_program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", *_INITDB], user=user)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION.format(port=self.port))
        await self.start()
        server = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        await _run([_program("createdb"), *server, "gateway"], user=user)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        if self._disk is not None:
            await _run(["umount", "-l", str(self._data)])
        shutil.rmtree(self._root, ignore_errors=True)

    async def start(self) -> None:
        """Start the server and wait until it answers. After a crash it first waits until what is left of the old server
        is gone, and recovers."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    _program("postgres"),
                    "-D",
                    str(self._data),
                    stdout=log,
                    stderr=log,
                    cwd=self._root,
                    user=_user(),
                    start_new_session=True,
                )
            while self._process.returncode is None and time.monotonic() < until:
                if await self._answers():
                    return
                await asyncio.sleep(0.05)  # nothing tells when a server answers
            await asyncio.sleep(0.2)
        raise AssertionError(f"PostgreSQL did not start:\n{self.log[-2000:]}")

    async def kill(self) -> None:
        """Kill the server and every process of it at once (SIGKILL), as a crash of its machine would."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in (process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()

    async def stop(self) -> None:
        """Stop the server as an operator does who restarts it: open transactions are broken off, the data is
        flushed."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(60):
                await process.wait()

    @property
    def has_own_disk(self) -> bool:
        """Whether the disk can be filled without harm to this machine."""
        return self._disk is not None

    def fill_disk(self) -> None:
        """Write files until the server's disk is full. Needs a disk of its own."""
        assert self._disk is not None, "without a disk of its own, this would fill the machine's"
        with suppress(OSError), (self._data / "ballast").open("wb", buffering=0) as file:
            while file.write(bytes(BALLAST)) == BALLAST:
                pass

    async def free_disk(self) -> None:
        """Remove those files, and start the server where it has ended for want of space."""
        (self._data / "ballast").unlink(missing_ok=True)
        if self._process is None or self._process.returncode is not None or not await self._answers():
            await self.kill()
            await self.start()

    async def query(self, statement: str) -> list[list[str]]:
        """Return the rows of a statement as texts."""
        server = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", "gateway"]
        out = await _run([_program("psql"), *server, "-AtqX", "-F", "\x1f", "-c", statement], user=_user())
        return [line.split("\x1f") for line in out.splitlines()]

    async def _answers(self) -> bool:
        process = await asyncio.create_subprocess_exec(
            _program("pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            cwd=self._root,
        )
        return await process.wait() == 0


def url_at(port: int) -> str:
    """Return the URL of the database ``gateway`` of the server that is reached at this port."""
    return f"postgresql://postgres@127.0.0.1:{port}/gateway"


@cache
def may_mount() -> bool:
    """Return whether this process may mount a disk in memory: not every root may."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if os.spawnlp(os.P_WAIT, "mount", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder) != 0:
            return False
        return os.spawnlp(os.P_WAIT, "umount", "umount", folder) == 0


def _user() -> str | None:
    return _USER if os.geteuid() == 0 else None


def _program(name: str) -> str:
    folder = programs()
    assert folder is not None
    return str(folder / name)


async def _run(command: Sequence[str], *, user: str | None = None) -> str:
    """Run a program to its end and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, user=user, cwd="/"
    )
    out, _ = await process.communicate()
    text = out.decode(errors="replace")
    if process.returncode != 0:
        raise AssertionError(f"{command[0]} failed: {text}")
    return text
