"""The search index finds what reading every step finds, whatever was changed, and keeps nothing of what was deleted."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.model import ConversationRef, Removed, StepEdited, StepRecord, ThreadRecord, UserRecord
from gateway.step_search import TABLES
from gateway.store import SQLiteStore, tables
from gateway.store.core.kinds.search import LONGEST
from gateway.store.sqlite.file import SQLiteConnection
from gateway.store.threads import KeptThreads, ThreadQuery
from gateway.types import Pagination, ThreadFilter
from tests.data.sql import selects
from tests.data.support import ada, thread
from tests.store.threads import keep
from tests.support.postgres import database

ADA = "slack:T:ada"
TEXTS = (
    "The invoice of May",
    "100% of the GRÖSSE_",
    "Straße nach İstanbul",
    "quote \" and ' and \\ and *",
    "日本語の質問",
    "no",
    "",
    "😀😀😀 fine",
)
QUERIES = (
    "INVOICE", "ße n", "STRASSE", "grösse_", "0% o", "%", "no", "n", '" and', "\\ and *", "' AND", "語の質", "の質",
    "😀😀😀", "i\u0307st", "OR NOT NEAR(", "nowhere", "in" * 200, "\x00\ud83d\x00",
)  # fmt: skip


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    """Give a store with a thread in which each of the texts was said."""
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    ref = ConversationRef(platform="slack", workspace="T", channel="C")
    steps = [said(str(n), text) for n, text in enumerate(TEXTS)]
    await keep(store, UserRecord(ADA, {}, 0.0), ThreadRecord("t", ref, ADA, "t", {}, 1.0, 1.0), *steps)
    yield store
    await store.close()


def said(id: str, output: str) -> StepRecord:
    return StepRecord(id=id, thread="t", user=ADA, name="x", type="user_message", created_at=float(id), output=output)


async def index(store: SQLiteStore) -> None:
    while await store.index_steps():
        pass


async def purge(store: SQLiteStore) -> None:
    while await store.purge_index(removed_before=float("inf")):
        pass


def change(store: SQLiteStore, *statements: str) -> None:
    """Run statements as a program that knows nothing of the index."""
    with closing(sqlite3.connect(store.path)) as database, database:
        for statement in statements:
            database.execute(statement)


def rows(store: SQLiteStore, query: str) -> list[Any]:
    with closing(sqlite3.connect(store.path)) as database:
        return database.execute(query).fetchall()


def hits(store: SQLiteStore, text: str) -> list[str]:
    with closing(sqlite3.connect(store.path, factory=SQLiteConnection)) as database:
        page = KeptThreads(database).search(text, ThreadQuery(), limit=1_000)
    return sorted(each.step for each in page.found)


def meant(store: SQLiteStore, text: str) -> list[str]:
    """The steps that say it, found by reading all of them."""
    folded = text.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd").casefold()
    found = rows(store, "SELECT id, output FROM steps")
    return sorted(str(id) for id, output in found if folded in str(output).casefold())


def assert_right(store: SQLiteStore, *more: str) -> None:
    for text in (*QUERIES, *more):
        assert hits(store, text) == meant(store, text), text


def plans(store: SQLiteStore, text: str) -> list[str]:
    """How SQLite runs the statements of a search."""
    with closing(sqlite3.connect(store.path, factory=SQLiteConnection)) as database:
        ran: list[str] = []
        threads = KeptThreads(database)
        database.set_trace_callback(ran.append)
        threads.search(text, ThreadQuery(), limit=10)
        database.set_trace_callback(None)
        queries = [each for each in ran if "FROM steps JOIN" in each]
        found = ["\n".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {each}")) for each in queries]
    assert found
    return found


@pytest.fixture(params=["indexed", "half", "new", "without"])
async def searched(request: pytest.FixtureRequest, store: SQLiteStore) -> SQLiteStore:
    """Give the store with an index that is filled, filled in part, empty, or not there."""
    if request.param == "half":
        await index(store)
        await keep(store, said("20", "another INVOICE"), said("21", "die Strasse"))
    elif request.param == "indexed":
        await index(store)
        assert rows(store, "SELECT indexed FROM steps_search_state") == [(len(TEXTS),)]
    elif request.param == "without":
        change(store, "DROP TRIGGER steps_search_deleted", "DROP TRIGGER steps_search_changed")
        change(store, *(f"DROP TABLE {table}" for table in TABLES))
    return store


async def test_a_search_finds_what_reading_every_step_finds(searched: SQLiteStore) -> None:
    assert hits(searched, "straSSe")
    assert_right(searched)


async def test_changed_and_deleted_steps_are_found_as_they_are_now(searched: SQLiteStore) -> None:
    edits = (StepEdited("0", "The bill of May"), Removed("step", "2"), StepEdited("6", "now an invoice"))
    await keep(searched, *edits)
    assert (hits(searched, "bill"), "0" in hits(searched, "invoice")) == (["0"], False)
    assert_right(searched, "bill", "an invoice")
    await keep(searched, StepEdited("0", "The invoice again"), Removed("step", "7"), said("8", "in its place"))
    assert_right(searched, "again", "in its place", "fine")
    await index(searched)
    assert_right(searched, "again", "in its place", "fine", "bill")
    await purge(searched)
    assert_right(searched, "again", "in its place", "fine", "bill")


async def test_an_indexed_text_is_found_without_reading_every_step(store: SQLiteStore) -> None:
    await index(store)
    for plan in plans(store, "invoice"):
        assert "steps_search VIRTUAL TABLE INDEX" in plan
        assert "SEARCH steps USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert all("steps_search" not in plan for plan in plans(store, "in"))


async def test_numbers_of_deleted_steps_are_given_again(store: SQLiteStore) -> None:
    await index(store)
    for n in range(3):
        await keep(store, *(Removed("step", str(id)) for id in range(4, 8)), *(Removed("step", f"{30 + n}"),))
        await keep(store, said(f"{31 + n}", f"number {n}"), said(f"{4 + n}", "once more"))
        assert_right(store, "number", "once more")
        if n:
            await index(store)
            assert_right(store, "number", "once more")
    change(store, "DELETE FROM steps")
    await index(store)
    assert rows(store, "SELECT indexed, step FROM steps_search_state") == [(0, None)]
    await keep(store, said("1", "begun anew"))
    assert_right(store, "begun")


async def test_an_index_of_other_row_numbers_is_made_anew(store: SQLiteStore) -> None:
    await index(store)
    change(store, "UPDATE steps SET rowid = rowid + 100", "UPDATE steps SET rowid = 109 - rowid")
    await index(store)
    assert rows(store, "SELECT indexed FROM steps_search_state") == [(8,)]
    assert_right(store)


async def test_very_long_texts_are_read_instead_of_indexed(store: SQLiteStore) -> None:
    await keep(store, said("9", "x" * LONGEST + " needle"))
    await index(store)
    assert rows(store, "SELECT number, output FROM steps_search_aside") == [(9, None)]
    assert hits(store, "needle") == ["9"]
    await keep(store, StepEdited("9", "a short needle"))
    await index(store)
    assert (hits(store, "needle"), hits(store, "xxx")) == (["9"], [])
    await keep(store, StepEdited("9", "x" * LONGEST + " needle"))
    await index(store)
    await keep(store, Removed("step", "9"))
    await index(store)
    assert (hits(store, "needle"), rows(store, "SELECT * FROM steps_search_aside")) == ([], [])


def pages(store: SQLiteStore) -> bytes:
    return b"".join(block for (block,) in rows(store, "SELECT block FROM steps_search_data"))


async def test_nothing_of_what_was_deleted_stays_in_the_index(store: SQLiteStore) -> None:
    await index(store)
    assert "日本語".encode() in pages(store)
    await keep(store, StepEdited("4", "changed"))
    assert rows(store, "SELECT output FROM steps_search_aside") == [("日本語の質問",)]
    await index(store)
    assert rows(store, "SELECT output FROM steps_search_aside") == []
    assert "日本語".encode() in pages(store)
    assert not await store.purge_index(removed_before=0.0)
    await purge(store)
    assert "日本語".encode() not in pages(store)
    assert not await store.purge_index(removed_before=float("inf"))
    assert_right(store, "changed")


@pytest.mark.parametrize("rewrite", [True, False])
async def test_erasing_takes_words_out_of_the_index_at_once(store: SQLiteStore, rewrite: bool) -> None:
    await index(store)
    traces = await store.traces(ADA)
    assert (await store.erase(ADA, traces, before=10e9)).steps == len(TEXTS)
    assert await store.scrub(rewrite=rewrite)
    for name in ("gateway.db", "gateway.db-wal"):
        data = store.path.with_name(name).read_bytes()
        assert not [word for word in ("日本語", "invoice", "😀") if word.encode() in data]
    assert hits(store, "invoice") == []


async def test_rewriting_the_file_keeps_what_is_indexed(store: SQLiteStore) -> None:
    change(store, "DELETE FROM steps WHERE id = '2'")
    await index(store)
    assert await store.scrub(rewrite=True)
    assert rows(store, "SELECT indexed FROM steps_search_state") == [(len(TEXTS),)]
    assert_right(store)


@pytest.fixture
async def layer(store: SQLiteStore) -> AsyncIterator[SQLAlchemyDataLayer]:
    layer = SQLAlchemyDataLayer(f"sqlite:///{store.path}")
    yield layer
    await layer.close()


async def found_by(layer: SQLAlchemyDataLayer, text: str) -> Sequence[str]:
    user = await layer.get_user(ADA)
    assert user is not None
    page = await layer.list_threads(Pagination(first=20), ThreadFilter(userId=user.id, search=text))
    return [each["id"] for each in page.data]


async def test_the_data_layer_searches_in_the_index_too(searched: SQLiteStore, layer: SQLAlchemyDataLayer) -> None:
    for text in QUERIES:
        assert await found_by(layer, text) == (["t"] if meant(searched, text) else []), text
    await layer.update_step({"id": "0", "output": "By the layer"})
    await layer.delete_step("2")
    assert (await found_by(layer, "by the LAYER"), await found_by(layer, "istanbul")) == (["t"], [])
    await index(searched)
    assert_right(searched, "by the layer", "istanbul")


async def test_the_data_layer_s_search_costs_no_reading_of_every_thread(
    store: SQLiteStore, layer: SQLAlchemyDataLayer
) -> None:
    await index(store)
    await found_by(layer, "invoice")
    with selects(layer) as seen:
        assert await found_by(layer, "invoice") == ["t"]
    assert len(seen) <= 7  # with that of get_user
    async with layer.engine.connect() as connection:
        sql, parameters = next(each for each in seen if "FROM threads" in each[0] and "LIMIT" in each[0])
        plan = str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)).all())
    assert "steps_search VIRTUAL TABLE INDEX" in plan
    assert "threads_user" not in plan and "SCAN threads" not in plan, plan


MANY_STEPS = (
    """INSERT INTO threads (id, "createdAt", "userId")
        SELECT n, '2026-01-01', (SELECT id FROM users) FROM generate_series(1, 2000) AS n""",
    """INSERT INTO steps (id, name, type, "threadId", output)
        SELECT n, 'x', 'run', n % 2000 + 1, md5(n::text) FROM generate_series(1, 20000) AS n""",
    "ANALYZE",
    "SET enable_seqscan = off",  # which costs little for so few
)


async def test_postgresql_uses_its_index_for_the_same_search() -> None:
    async with database() as url:
        if (await tables.upgrade(url)).notices:
            pytest.skip("this server has no pg_trgm")
        layer = SQLAlchemyDataLayer(url)
        user = await ada(layer)
        id = await thread(layer, user, "100% of the GRÖSSE")
        with selects(layer) as seen:
            page = await layer.list_threads(
                Pagination(first=20), ThreadFilter(userId=user.id, search="0% of the größe")
            )
            assert page.data == []
            page = await layer.list_threads(Pagination(first=20), ThreadFilter(userId=user.id, search="0% OF THE Grö"))
            assert [each["id"] for each in page.data] == [id]
        sql, parameters = next(each for each in seen if "FROM threads" in each[0])
        async with layer.engine.connect() as connection:
            for statement in MANY_STEPS:
                await connection.exec_driver_sql(statement)
            plan = str((await connection.exec_driver_sql(f"EXPLAIN {sql}", parameters)).all())
        assert "steps_output_trigrams" in plan, plan
        await layer.close()
