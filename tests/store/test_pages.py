"""Pages of rows: each row once, in order, also those of the same time and those without one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.ports import Condition, RecordQuery
from gateway.store import open_store

TIMES = ["2026-01-03", "2026-01-02", "2026-01-02", "2026-01-02", "2026-01-01", None, None, None]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 9])
async def test_pages_give_each_row_once_and_in_order(tmp_path: Path, limit: int, newest_first: bool) -> None:
    store = open_store(f"sqlite:///{tmp_path}/gateway.db")
    await store.open()
    try:
        with closing(sqlite3.connect(tmp_path / "gateway.db")) as database, database:
            rows = [(f"t{n}", at) for n, at in enumerate(TIMES)]
            database.executemany('INSERT INTO threads (id, "updatedAt") VALUES (?, ?)', rows)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query = RecordQuery("threads", newest_first=newest_first, limit=limit, cursor=cursor)
            page = await store.record_page(query)
            seen += [row["id"] for row in page.rows]
            cursor = page.cursor
            if cursor is None:
                break
            assert len(page.rows) == limit
    finally:
        await store.close()
    newest = ["t0", "t3", "t2", "t1", "t4", "t7", "t6", "t5"]
    assert seen == (newest if newest_first else newest[::-1])


async def test_a_thread_in_which_something_was_said_before_and_after_is_not_one_of_between(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/gateway.db")
    await store.open()
    try:
        with closing(sqlite3.connect(tmp_path / "gateway.db")) as database, database:
            for thread, times in (("around", ("2026-01", "2026-03")), ("within", ("2026-02", "2026-03"))):
                database.execute("INSERT INTO threads (id) VALUES (?)", (thread,))
                steps = [(f"{thread} {at}", thread, at) for at in times]
                database.executemany(
                    """INSERT INTO steps (id, name, type, "threadId", streaming, "createdAt")
                       VALUES (?, 'bot', 'run', ?, FALSE, ?)""",
                    steps,
                )
        between = (Condition("said_at", "gte", "2026-02"), Condition("said_at", "lt", "2026-03"))
        page = await store.record_page(RecordQuery("threads", between))
        assert [row["id"] for row in page.rows] == ["within"]
        assert await store.count_records("threads", between) == 1
    finally:
        await store.close()
