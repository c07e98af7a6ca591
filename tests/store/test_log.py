"""The write-ahead log is moved to the database when nothing else is to be done, not by a commit somebody waits for."""

import asyncio
from pathlib import Path

import pytest

from gateway.model import ConversationRef, Envelope
from gateway.store.core import writer
from gateway.store.sqlite import SQLiteStore, file

LIMIT = 20 * file.PAGE


def envelope(number: int) -> Envelope:
    ref = ConversationRef(platform="slack", workspace="T", channel="C", thread=str(number))
    return Envelope(key=f"slack:T:C:{number}", ref=ref, body={"text": "x" * 3000}, received_at=float(number))


@pytest.mark.parametrize("busy", [False, True])
async def test_the_log_is_moved_in_a_quiet_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool) -> None:
    monkeypatch.setattr(file, "LONG_LOG", 20)
    monkeypatch.setattr(writer, "QUIET", 3600 if busy else 0.01)
    path = tmp_path / "gateway.db"
    log = tmp_path / "gateway.db-wal"
    store = SQLiteStore(path)
    await store.open()
    try:
        for number in range(50):
            await store.put(envelope(number))
        assert log.stat().st_size > LIMIT
        if busy:
            assert path.stat().st_size < LIMIT
            return
        number = 50
        async with asyncio.timeout(10):
            while path.stat().st_size < LIMIT or log.stat().st_size > LIMIT:
                await asyncio.sleep(0.05)  # a quiet moment; then the next write cuts the log
                await store.put(envelope(number))
                number += 1
    finally:
        await store.close()
