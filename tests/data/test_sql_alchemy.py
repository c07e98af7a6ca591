"""``SQLAlchemyDataLayer`` keeps the contract of every data layer, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from gateway.types import Pagination, ThreadFilter
from tests.data.databases import Documented, documented
from tests.data.pages import pages
from tests.data.sql import SqlContract, fill
from tests.data.support import ada, new_id, read, said, thread


class DocumentedContract(SqlContract):
    """What this layer has beside the methods of every layer."""

    async def test_it_runs_statements_and_gives_the_time(self, harness: Documented) -> None:
        layer = harness.layer
        _, known = await said(layer, await ada(layer))
        assert await layer.execute_sql('SELECT "id" FROM steps WHERE "id" = :id', {"id": known}) == [{"id": known}]
        assert await layer.execute_sql("DELETE FROM steps WHERE output = :said", {"said": "'; --"}) == 0
        assert (await layer.get_current_timestamp()).endswith("Z")
        with pytest.raises(DBAPIError) as error:
            await layer.execute_sql("SELECT * FROM nothing WHERE name = :name", {"name": "a secret"})
        assert "a secret" not in str(error.value)

    async def test_a_step_is_read_alone(self, harness: Documented) -> None:
        id, known = await said(harness.layer, await ada(harness.layer))
        assert await harness.layer.get_step(known) == (await read(harness.layer, id))["steps"][0]
        assert await harness.layer.get_step(new_id()) is None

    async def test_threads_without_a_date_are_the_last(self, harness: Documented) -> None:
        ada_ = await ada(harness.layer)
        ids = [await thread(harness.layer, ada_) for _ in range(5)]
        for id in ids[:3]:
            await harness.date(id, None)
        found = await pages(harness.layer, ThreadFilter(userId=ada_.id))
        assert found[0] == [ids[4], ids[3]]
        assert [sorted(each) for each in found[1:]] == [sorted(ids[:3], reverse=True)[:2][::-1], [min(ids[:3])]]

    async def test_all_threads_of_a_user_are_more_than_a_statement_has_parameters(self, harness: Documented) -> None:
        ada_ = await ada(harness.layer)
        await fill(harness, ada_.id, threads=33_000, steps=0)
        id = await thread(harness.layer, ada_, "the newest")
        assert len(await harness.layer.get_all_user_threads(ada_.id) or []) == 1_000
        harness.layer.user_thread_limit = 33_001
        found = await harness.layer.get_all_user_threads(ada_.id) or []
        assert len(found) == 33_001
        assert [each["id"] for each in found if each["steps"]] == [id]
        page = await harness.layer.list_threads(Pagination(first=1), ThreadFilter(userId=ada_.id))
        assert found[0] == page.data[0]
        assert await harness.layer.get_all_user_threads(thread_id=found[1]["id"]) == [found[1]]
        assert await harness.layer.get_all_user_threads(thread_id=new_id()) is None


class TestOnSQLite(DocumentedContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Documented]:
        async with documented(tmp_path) as harness:
            yield harness


class TestOnPostgreSQL(DocumentedContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[Documented]:
        async with documented() as harness:
            yield harness
