"""The contract of pages of a user's threads: their order, and what they find."""

from typing import Literal

import pytest

from gateway.data.base import BaseDataLayer
from gateway.types import Feedback, Pagination, ThreadFilter
from tests.data.support import Harness, ada, new_id, read, thread, user


async def pages(layer: BaseDataLayer, filters: ThreadFilter, first: int = 2) -> list[list[str]]:
    """The ids on each page."""
    found: list[list[str]] = []
    cursor: str | None = None
    while True:
        page = await layer.list_threads(Pagination(first=first, cursor=cursor), filters)
        found.append([each["id"] for each in page.data])
        cursor = page.pageInfo.endCursor
        if not page.pageInfo.hasNextPage:
            return found


class PageContract:
    async def test_pages_are_newest_first_and_a_cursor_outlives_its_thread(self, harness: Harness) -> None:
        layer = harness.layer
        mine = ThreadFilter(userId=(await ada(layer)).id)
        ids = [await thread(layer, await ada(layer), f"number {n}") for n in range(5)]
        for n, id in enumerate(ids):
            await harness.date(id, f"2026-01-0{n + 1}T00:00:00.000000Z")
        other = await user(layer, "slack:T1:U2")
        await thread(layer, other, "another's")
        newest = list(reversed(ids))
        assert await pages(layer, mine) == [newest[:2], newest[2:4], newest[4:]]
        with pytest.raises(ValueError, match="userId"):
            await layer.list_threads(Pagination(first=2), ThreadFilter())
        page = await layer.list_threads(Pagination(first=2), mine)
        assert page.pageInfo.startCursor is not None
        assert [each["createdAt"][:10] for each in page.data] == ["2026-01-05", "2026-01-04"]
        assert [[said.get("output") for said in each["steps"]] for each in page.data] == [["number 4"], ["number 3"]]
        await layer.delete_thread(page.data[-1]["id"])
        after = await layer.list_threads(Pagination(first=2, cursor=page.pageInfo.endCursor), mine)
        assert [each["id"] for each in after.data] == newest[2:4]
        for cursor in (page.pageInfo.endCursor, "nonsense", "ü", ids[0]):
            with pytest.raises(ValueError, match="cursor"):
                await layer.list_threads(Pagination(first=2, cursor=cursor), ThreadFilter(userId=other.id))
        assert await pages(layer, ThreadFilter(userId=new_id())) == [[]]

    async def test_threads_that_are_dated_alike_are_each_on_one_page(self, harness: Harness) -> None:
        ada_ = await ada(harness.layer)
        ids = {await thread(harness.layer, ada_) for _ in range(5)}
        for id in ids:
            await harness.date(id, "2026-01-01T00:00:00.000000Z")
        found = await pages(harness.layer, ThreadFilter(userId=ada_.id))
        assert [len(each) for each in found] == [2, 2, 1]
        assert {id for each in found for id in each} == ids

    async def test_search_and_feedback_filter(self, harness: Harness) -> None:
        layer = harness.layer
        ada_ = await ada(layer)
        plain = await thread(layer, ada_, "Straße nach Köln")
        percent = await thread(layer, ada_, "100% sure_thing")
        path = await thread(layer, ada_, "in C:\\Data\\x")
        of_percent = [(words, [percent]) for words in ("0% S", "e_t", "%")]
        for words, found in (("KÖLN", [plain]), ("c:\\d", [path]), *of_percent):
            assert await pages(layer, ThreadFilter(userId=ada_.id, search=words)) == [found], words
        assert await pages(layer, ThreadFilter(userId=ada_.id, search="'; --")) == [[]]
        values: tuple[Literal[0, 1], ...] = (0, 1)
        rated: list[str] = []
        for value in values:
            rated.append(await thread(layer, ada_, "rated"))
            [said] = (await read(layer, rated[-1]))["steps"]
            await layer.upsert_feedback(Feedback(forId=said.get("id", ""), value=value))
        for value in values:
            assert await pages(layer, ThreadFilter(userId=ada_.id, feedback=value)) == [[rated[value]]]
