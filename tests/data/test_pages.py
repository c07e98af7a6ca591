"""Pages of a user's threads: their order, what they find, and what they cost however many threads there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from sqlalchemy import event, text

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.support import ada, new_id, read, thread, user

MANY = 3_000


async def pages(layer: SQLAlchemyDataLayer, filters: ThreadFilter, first: int = 2) -> list[list[str]]:
    """The ids on each page."""
    found: list[list[str]] = []
    cursor: str | None = None
    while True:
        page = await layer.list_threads(Pagination(first=first, cursor=cursor), filters)
        found.append([each["id"] for each in page.data])
        cursor = page.pageInfo.endCursor
        if not page.pageInfo.hasNextPage:
            return found


async def test_pages_are_newest_first_and_a_cursor_outlives_its_thread(layer: SQLAlchemyDataLayer) -> None:
    mine = ThreadFilter(userId=(await ada(layer)).id)
    ids = [await thread(layer, await ada(layer), f"number {n}") for n in range(5)]
    other = await user(layer, "slack:T1:U2")
    await thread(layer, other, "another's")
    await layer.execute_sql('UPDATE threads SET "createdAt" = NULL WHERE "id" = :id', {"id": ids[0]})
    newest = list(reversed(ids))
    assert await pages(layer, mine) == [newest[:2], newest[2:4], newest[4:]]
    with pytest.raises(ValueError, match="userId"):
        await layer.list_threads(Pagination(first=2), ThreadFilter())
    page = await layer.list_threads(Pagination(first=2), mine)
    await layer.delete_thread(page.data[-1]["id"])
    after = await layer.list_threads(Pagination(first=2, cursor=page.pageInfo.endCursor), mine)
    assert [each["id"] for each in after.data] == newest[2:4]
    for cursor in (page.pageInfo.endCursor, "nonsense", "ü", ids[0]):
        with pytest.raises(ValueError, match="cursor"):
            await layer.list_threads(Pagination(first=2, cursor=cursor), ThreadFilter(userId=other.id))


@pytest.mark.parametrize("date", ["2026-01-01T00:00:00Z", None], ids=["dated alike", "without a date"])
async def test_threads_that_are_dated_alike_are_each_on_one_page(layer: SQLAlchemyDataLayer, date: str | None) -> None:
    ada_ = await ada(layer)
    ids = {await thread(layer, ada_) for _ in range(5)}
    await layer.execute_sql('UPDATE threads SET "createdAt" = :date', {"date": date})
    found = await pages(layer, ThreadFilter(userId=ada_.id))
    assert [len(each) for each in found] == [2, 2, 1]
    assert {id for each in found for id in each} == ids


async def test_search_and_feedback_filter(layer: SQLAlchemyDataLayer) -> None:
    ada_ = await ada(layer)
    plain = await thread(layer, ada_, "Straße nach Köln")
    percent = await thread(layer, ada_, "100% sure_thing")
    for words, found in (("KÖLN", [plain]), ("0% S", [percent]), ("e_t", [percent]), ("%", [percent]), ("'; --", [])):
        assert await pages(layer, ThreadFilter(userId=ada_.id, search=words)) == [found], words
    values: tuple[Literal[0, 1], ...] = (0, 1)
    rated: list[str] = []
    for value in values:
        rated.append(await thread(layer, ada_, "rated"))
        [said] = (await read(layer, rated[-1]))["steps"]
        await layer.upsert_feedback(Feedback(forId=said.get("id", ""), value=value))
    for value in values:
        assert await pages(layer, ThreadFilter(userId=ada_.id, feedback=value)) == [[rated[value]]]


@contextmanager
def selects(layer: SQLAlchemyDataLayer) -> Iterator[list[tuple[str, Any]]]:
    """The SELECT statements of a block with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        if sql.lstrip().upper().startswith("SELECT"):
            seen.append((sql, parameters))

    event.listen(layer.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(layer.engine.sync_engine, "before_cursor_execute", note)


async def fill(layer: SQLAlchemyDataLayer, user_id: str) -> None:
    """Write threads with two steps each."""
    ids = [(new_id(), f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000000Z") for n in range(MANY)]
    thread = 'INSERT INTO threads ("id", "createdAt", "userId", "userIdentifier") VALUES (:id, :at, :user, :user)'
    step = (
        'INSERT INTO steps ("id", "name", "type", "threadId", "streaming", "output", "createdAt")'
        " VALUES (:id, 'bot', 'run', :thread, FALSE, 'said', :at)"
    )
    async with layer.engine.begin() as connection:
        await connection.execute(text(thread.replace(":user)", "'ada')")), [
            {"id": id, "at": at, "user": user_id} for id, at in ids
        ])  # fmt: skip
        await connection.execute(text(step), [
            {"id": new_id(), "thread": id, "at": at} for id, at in ids for _ in range(2)
        ])  # fmt: skip
        await connection.execute(text("ANALYZE"))


async def plan(layer: SQLAlchemyDataLayer, sql: str, parameters: Any) -> str:
    """How the database runs a statement."""
    explain = "EXPLAIN QUERY PLAN " if layer.engine.dialect.name == "sqlite" else "EXPLAIN "
    async with layer.engine.connect() as connection:
        return "\n".join(str(row) for row in await connection.exec_driver_sql(explain + sql, parameters))


def begins_in_the_index(plan: str) -> bool:
    """Whether a plan enters the index at a date, instead of reading it from its beginning."""
    entered = [line for line in plan.splitlines() if "Index Cond" in line or "USING INDEX threads_user" in line]
    return "createdAt" in entered[0]


async def test_a_page_costs_the_same_however_many_threads_there_are(layer: SQLAlchemyDataLayer) -> None:
    ada_ = await ada(layer)
    await fill(layer, ada_.id)
    mine = ThreadFilter(userId=ada_.id)
    halfway = await layer.list_threads(Pagination(first=MANY // 3), mine)
    assert len(halfway.data) == MANY // 3
    for cursor in (None, halfway.pageInfo.endCursor):
        with selects(layer) as seen:
            page = await layer.list_threads(Pagination(first=20, cursor=cursor), mine)
        assert [len(each["steps"]) for each in page.data] == [2] * 20
        assert len(seen) <= 6
        plans = [await plan(layer, *each) for each in seen]
        assert "threads_user" in plans[0]
        assert cursor is None or begins_in_the_index(plans[0]), plans[0]
        assert any("steps_thread" in each for each in plans)
        for each in plans:
            assert "Seq Scan on threads" not in each and "Seq Scan on steps" not in each, each
            assert "SCAN " not in each, each
    everything = await pages(layer, mine, first=1_000)
    assert [len(each) for each in everything] == [1_000, 1_000, 1_000]
    assert len({id for each in everything for id in each}) == MANY
