"""The contract of the layers that speak SQL: what a page costs, and what an existing database may hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from gateway.data.sql.layer import SQLDataLayer
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.contract import LayerContract
from tests.data.databases import AnyHarness
from tests.data.pages import pages
from tests.data.support import ada, new_id, read, said, user

MANY = 3_000


class SqlContract(LayerContract):
    """Checks a layer on a SQL database; a test class inherits it and provides the fixture ``harness``."""

    async def test_an_error_of_the_database_is_raised_without_what_somebody_said(self, harness: AnyHarness) -> None:
        _, known = await said(harness.layer, await ada(harness.layer))
        _, other = await said(harness.layer, await ada(harness.layer))
        rated = await harness.layer.upsert_feedback(Feedback(forId=known, value=1))
        with pytest.raises(DBAPIError) as error:
            await harness.layer.upsert_feedback(Feedback(forId=other, value=1, comment="a secret", id=rated))
        assert "a secret" not in str(error.value)
        assert await harness.count("feedbacks") == 1

    async def test_of_several_feedbacks_of_a_step_a_new_one_leaves_one(self, harness: AnyHarness) -> None:
        layer = harness.layer
        id, known = await said(layer, await ada(layer))
        rows = [{"id": new_id(), "step": known, "thread": id, "value": value} for value in (0, 1, 0)]
        await harness.run(harness.feedback, *rows)
        [step] = (await read(layer, id))["steps"]
        shown = step.get("feedback")
        assert shown is not None
        assert await layer.upsert_feedback(Feedback(forId=known, value=1)) == shown["id"]
        assert await harness.count("feedbacks") == 1

    async def test_a_page_costs_the_same_however_many_threads_there_are(self, harness: AnyHarness) -> None:
        layer = harness.layer
        ada_ = await ada(layer)
        await fill(harness, (await user(layer, "slack:T1:U2")).id, threads=4 * MANY, steps=0)
        await fill(harness, ada_.id)
        mine = ThreadFilter(userId=ada_.id)
        halfway = await layer.list_threads(Pagination(first=MANY // 3), mine)
        assert len(halfway.data) == MANY // 3
        for cursor in (None, halfway.pageInfo.endCursor):
            with selects(layer) as seen:
                page = await layer.list_threads(Pagination(first=20, cursor=cursor), mine)
            assert [len(each["steps"]) for each in page.data] == [2] * 20
            assert len(seen) <= 6
            plans = [await plan(harness, *each) for each in seen]
            assert "threads_user" in plans[0], plans[0]
            assert cursor is None or begins_in_the_index(plans[0]), plans[0]
            assert any("index" in each.lower() and "threadId" in each for each in plans)
            for each in plans:
                for table in ("threads", "steps"):
                    assert f"Seq Scan on {harness.tables[table]}" not in each, each
                assert "SCAN " not in each, each
        everything = await pages(layer, mine, first=1_000)
        assert [len(each) for each in everything] == [1_000, 1_000, 1_000]
        assert len({id for each in everything for id in each}) == MANY


@contextmanager
def selects(layer: SQLDataLayer) -> Iterator[list[tuple[str, Any]]]:
    """The SELECT statements of a block with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        if sql.lstrip().upper().startswith("SELECT"):
            seen.append((sql, parameters))

    event.listen(layer.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(layer.engine.sync_engine, "before_cursor_execute", note)


async def fill(harness: AnyHarness, user_id: str, threads: int = MANY, steps: int = 2) -> None:
    """Write threads a second apart, each with that many steps."""
    ids = [
        (new_id(), harness.moment(f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000000Z"))
        for n in range(threads)
    ]
    await harness.run(harness.thread, *({"id": id, "at": at, "user": user_id} for id, at in ids))
    if steps:
        made = ({"id": new_id(), "thread": id, "at": at} for id, at in ids for _ in range(steps))
        await harness.run(harness.step, *made)
    await harness.run("ANALYZE")


async def plan(harness: AnyHarness, sql: str, parameters: Any) -> str:
    """How the database runs a statement."""
    explain = "EXPLAIN QUERY PLAN " if harness.on_sqlite else "EXPLAIN "
    async with harness.engine.connect() as connection:
        return "\n".join(str(row) for row in await connection.exec_driver_sql(explain + sql, parameters))


def begins_in_the_index(plan: str) -> bool:
    """Whether a plan enters the index at a date, instead of reading it from its beginning."""
    entered = [line for line in plan.splitlines() if "Index Cond" in line or "USING INDEX threads_user" in line]
    return "createdAt" in entered[0]
