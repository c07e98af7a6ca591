"""A file that is being opened when its opener is cancelled is closed before anybody goes on."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from gateway.disk import created, in_thread


async def test_who_is_cancelled_while_a_file_is_opened_waits_until_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fuzzing found it: the file stayed open, and appeared after its remains had been removed."""
    opening, go_on = threading.Event(), threading.Event()
    opened: list[int] = []
    real = os.open

    def slow(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if Path(os.fsdecode(path)) != tmp_path / "file":
            return real(path, flags, *rest, **more)
        opening.set()
        go_on.wait(10)
        opened.append(real(path, flags, *rest, **more))
        return opened[0]

    async def write() -> None:
        async with created(tmp_path / "file"):
            raise AssertionError("it was cancelled before")

    monkeypatch.setattr(os, "open", slow)
    task = asyncio.create_task(write())
    await asyncio.to_thread(opening.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


async def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with created(tmp_path / "none" / "file"):
            pass


async def test_who_is_cancelled_while_a_file_waits_to_be_closed_goes_on_when_it_is(tmp_path: Path) -> None:
    """The documents' tests found it on a busy machine: the file was left to the garbage collector."""
    busy, go_on, leaving = threading.Semaphore(0), threading.Event(), asyncio.Event()
    opened: list[BinaryIO] = []

    def occupy() -> None:
        busy.release()
        go_on.wait(10)

    async def write() -> None:
        async with created(tmp_path / "file") as out:
            opened.append(out)
            others.extend(asyncio.ensure_future(in_thread(occupy)) for _ in range(8))
            for _ in range(8):
                await asyncio.to_thread(busy.acquire)  # every thread for files is taken: the close has to wait
            leaving.set()

    others: list[asyncio.Future[None]] = []
    task = asyncio.create_task(write())
    await leaving.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert opened[0].closed
    await asyncio.gather(*others)
