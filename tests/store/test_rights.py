"""People's rights on SQLite: the contract, and what its file alone has."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store import SQLiteStore
from tests.store.contract import ADA
from tests.store.rights import RightsStoreContract, erase, keep, met, said, thread


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    yield store
    await store.close()


class TestRightsOnSQLite(RightsStoreContract):
    """The contract on a SQLite file."""


async def test_a_request_is_answered_once_and_then_forgets_whom_it_was_about(store: SQLiteStore) -> None:
    number = await store.ask("erase", ADA.key)
    assert await store.answered(number) == (False, None)
    (request,) = await store.requests()
    assert (request.id, request.kind, request.argument) == (number, "erase", ADA.key)
    await store.answer_request(number, {"state": "begun"}, done=False)
    assert await store.answered(number) == (False, {"state": "begun"})
    await store.answer_request(number, {"threads": 1})
    assert await store.answered(number) == (True, {"threads": 1})
    assert list(await store.requests()) == []
    with closing(sqlite3.connect(store.path)) as database:
        assert database.execute("SELECT argument FROM admin_requests").fetchall() == [("",)]
    assert await store.ask("erase", ADA.key) > number


async def test_only_copies_from_before_migrations_with_the_person_in_them_are_deleted(store: SQLiteStore) -> None:
    folder = store.path.parent
    (folder / "gateway.db.v4").write_bytes(b"x" * 1_048_570 + b"of U1 here")
    (folder / "gateway.db.v5").write_bytes(b"nobody")
    (folder / "gateway.db.vault").write_bytes(b"U1")
    assert list(await store.drop_copies(ADA.key)) == ["gateway.db.v4"]
    assert sorted(path.name for path in folder.glob("*.v*")) == ["gateway.db.v5", "gateway.db.vault"]


async def test_a_log_that_somebody_reads_is_not_said_to_be_empty(store: SQLiteStore) -> None:
    await keep(store, met(ADA), thread("1.1", ADA), said("1.1", ADA, "kanarienwort"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM steps").fetchall()
        await erase(store)
        assert not await store.scrub(rewrite=False)
        assert await store.size() > 0
        reader.execute("ROLLBACK")
    assert await store.scrub(rewrite=False)
    assert store.path.with_name("gateway.db-wal").stat().st_size == 0


async def test_what_is_deleted_is_overwritten_without_writing_the_file_anew(store: SQLiteStore) -> None:
    for number in range(30):
        await keep(store, thread(f"{number}.1", ADA), said(f"{number}.1", ADA, "kanarienwort " * (1 + number * 40)))
    await erase(store)
    assert await store.scrub(rewrite=False)
    await store.close()
    assert b"kanarienwort" not in store.path.read_bytes()
