"""Runs the command line in processes of its own that have the gateway imported from the beginning.

Most of what a process of the gateway costs is its imports. Here one server for each worker of the tests imports them
once, and each process is a fork of it: as real as any other, to be killed, stopped and waited for. That the command
also starts from nothing is tested in ``tests/process``.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
"""The folder of the code under test, which another installation in the environment must not hide."""

_IMPORTED = (
    "adapters.chatkit.adapter",
    "adapters.discord.adapter",
    "adapters.slack.adapter",
    "adapters.teams.adapter",
    "gateway.app",
    "gateway.bootstrap",
    "gateway.cli",
    "gateway.serving.server",
    "gateway.serving.watchdog",
    "gateway.store.postgresql",
    "gateway.store.sqlite",
    "tests.support.forks",
    "uvloop",
)
"""What the server imports: whatever a process would import anyhow, in tests of any platform."""


@cache
def _forks() -> ForkServerContext:
    """Start the server, once."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(list(_IMPORTED))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(_ROOT)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return forks


def _gateway(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], out: socket.socket | None, err: socket.socket
) -> None:
    """Be ``gateway ARGUMENTS``, in the process that was forked."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if out is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    else:
        os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    sys.argv = ["gateway", *arguments]
    from gateway import cli  # imported long ago, by the server

    cli.main()


class GatewayProcess:
    """A running ``gateway ARGUMENTS``, to be made by ``start``. Its standard output is dropped."""

    def __init__(self, process: ForkServerProcess, err: asyncio.StreamReader) -> None:
        self._process = process
        self._ended = asyncio.Event()
        self.stderr = err
        """What the process writes to standard error."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(process.sentinel, self._note_end)

    def _note_end(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._ended.set()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for the signal that ended the process; None while it runs."""
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        """Send the process a signal. Nothing happens if it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, sig)

    async def wait(self) -> int:
        """Wait until the process has ended, and return its exit code."""
        await self._ended.wait()
        code = self.returncode
        assert code is not None
        return code


async def start(*arguments: str, folder: Path, environment: Mapping[str, str]) -> GatewayProcess:
    """Start ``gateway ARGUMENTS`` in a folder, with this environment and nothing of the tests' own."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = _forks().Process(
            target=_gateway, args=(arguments, str(folder), dict(environment), None, theirs), daemon=True
        )
        process.start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours.detach(), "rb", buffering=0)
    )
    return GatewayProcess(process, reader)


def run(
    *arguments: str, folder: Path, environment: Mapping[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run ``gateway ARGUMENTS`` to its end, as ``subprocess.run`` does with what it wrote captured as text. Raises
    ``TimeoutError`` after ``timeout`` seconds."""
    pairs = [socket.socketpair(), socket.socketpair()]
    process = _forks().Process(
        target=_gateway, args=(arguments, str(folder), dict(environment), pairs[0][1], pairs[1][1]), daemon=True
    )
    process.start()
    texts: list[list[bytes]] = [[], []]
    readers = [threading.Thread(target=_read, args=(ours, text)) for (ours, _), text in zip(pairs, texts, strict=True)]
    for (_, theirs), reader in zip(pairs, readers, strict=True):
        theirs.close()
        reader.start()
    process.join(timeout)
    code = process.exitcode
    if code is None:
        os.kill(process.pid or 0, signal.SIGKILL)
    for reader in readers:
        reader.join(5)
    if code is None:
        raise TimeoutError(f"gateway {' '.join(arguments)} did not end within {timeout:g} s")
    out, err = (b"".join(text).decode() for text in texts)
    return subprocess.CompletedProcess(["gateway", *arguments], code, out, err)


def _read(ours: socket.socket, text: list[bytes]) -> None:
    with ours:
        while part := ours.recv(65_536):
            text.append(part)
