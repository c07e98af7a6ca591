"""A thread is read back within bounds, or the conversation goes on without."""

import asyncio

import pytest

from gateway.model import ThreadDict
from gateway.runtime import threads
from gateway.runtime.threads import read_thread
from gateway.telemetry.logs import configure_logging


class Broken:
    """Keeps threads where they cannot be read."""

    async def thread(self, id: str, *, limit: int, characters: int) -> ThreadDict | None:
        raise ConnectionError(f"no way to {id}")


class Hanging:
    """Keeps threads where nobody answers."""

    async def thread(self, id: str, *, limit: int, characters: int) -> ThreadDict | None:
        await asyncio.Event().wait()
        return None


async def test_a_thread_that_cannot_be_read_is_none_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(form="console", debug=False)  # to the standard error that ``capsys`` reads
    assert await read_thread(Broken(), "t1") is None
    errors = capsys.readouterr().err
    assert "thread.unread" in errors and "no way to t1" in errors


async def test_a_thread_that_nobody_gives_in_time_is_none_and_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)
    monkeypatch.setattr(threads, "WITHIN", 0.01)
    assert await read_thread(Hanging(), "t1") is None
    assert "thread.unread" in capsys.readouterr().err


async def test_a_turn_that_is_cancelled_meanwhile_stays_cancelled() -> None:
    reading = asyncio.create_task(read_thread(Hanging(), "t1"))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_nothing_is_read_where_nothing_is_kept() -> None:
    assert await read_thread(None, "t1") is None
