"""The contract of every store on documents."""

from dataclasses import replace
from typing import Any

from gateway.model import Document
from gateway.ports import Store
from tests.store.contract import Reopen


def item(id: str, *, parent: str = "thread", person: str = "", conversation: str = "", **body: Any) -> Document:
    return Document(kind="test.item", id=id, parent=parent, person=person, conversation=conversation, body=body)


async def ids(store: Store, **which: Any) -> list[str]:
    which = {"limit": 100, **which}
    return [found.id for found in await store.list_documents("test.item", **which)]


class DocumentsContract:
    """Inherited by the tests of each store, which bring the fixtures ``store`` and ``reopen``."""

    async def test_a_document_is_kept_with_all_that_is_in_it(self, store: Store, reopen: Reopen) -> None:
        put = item("a", person="chatkit:app:ada", conversation="chatkit:app:ada:t", text="é\0", n=[1, None])
        await store.put_documents([put])
        found = await (await reopen(store)).get_document("test.item", "a")
        assert found is not None
        assert replace(found, rank=0) == put
        assert found.rank > 0

    async def test_an_unknown_document_is_none(self, store: Store) -> None:
        await store.put_documents([item("a")])
        assert await store.get_document("test.item", "b") is None
        assert await store.get_document("test.thread", "a") is None

    async def test_of_documents_that_are_put_twice_at_once_the_last_one_stays(self, store: Store) -> None:
        await store.put_documents([item("a", n=1), item("b"), item("c"), item("a", n=2)])
        found = await store.get_document("test.item", "a")
        assert found is not None
        assert found.body == {"n": 2}

    async def test_a_replaced_document_keeps_its_place(self, store: Store) -> None:
        await store.put_documents([item("a", n=1), item("b", n=1)])
        await store.put_documents([item("a", parent="another", person="somebody", n=2)])
        found = await store.list_documents("test.item", parent="thread", limit=10)
        assert [(each.id, each.body["n"], each.person) for each in found] == [("a", 2, ""), ("b", 1, "")]

    async def test_only_the_first_of_an_id_is_added(self, store: Store) -> None:
        assert await store.add_document(item("a", n=1))
        assert not await store.add_document(item("a", n=2))
        found = await store.get_document("test.item", "a")
        assert found is not None
        assert found.body == {"n": 1}

    async def test_documents_are_listed_in_pages_both_ways(self, store: Store) -> None:
        await store.put_documents([item(id) for id in "abcde"])
        await store.put_documents([item("x", parent="another")])
        ranks = {each.id: each.rank for each in await store.list_documents("test.item", limit=10)}
        assert await ids(store, parent="thread") == list("abcde")
        assert await ids(store, parent="thread", after=ranks["b"], limit=2) == ["c", "d"]
        assert await ids(store, parent="thread", before=ranks["d"], newest_first=True, limit=2) == ["c", "b"]
        assert await ids(store, after=ranks["a"], before=ranks["d"]) == ["b", "c"]
        assert await ids(store, newest_first=True) == ["x", *"edcba"]
        assert await ids(store, parent="nothing") == []

    async def test_documents_are_deleted_by_id_and_below_a_parent(self, store: Store) -> None:
        await store.put_documents([item("a"), item("b"), item("c", parent="another"), item("d", parent="another")])
        await store.delete_documents("test.item", ["a", "c", "unknown"])
        assert await ids(store) == ["b", "d"]
        await store.delete_documents_below("test.item", "another")
        assert await ids(store) == ["b"]

    async def test_the_documents_of_a_person_go_with_the_person(self, store: Store) -> None:
        await store.put_documents([item("a", person="chatkit:app:ada"), item("b", person="chatkit:app:bob"), item("c")])
        traces = await store.traces("chatkit:app:ada")
        assert traces.rows == 1
        await store.erase("chatkit:app:ada", traces, before=2e9)
        assert await ids(store) == ["b", "c"]

    async def test_the_documents_of_a_conversation_expire_together(self, store: Store) -> None:
        await store.put_documents([item("a", conversation="chatkit:app:ada:t"), item("b")])
        assert not (await store.expire(before=1.0)).more
        assert await ids(store) == ["a", "b"]
        while (await store.expire(before=4e9)).more:
            pass
        assert await ids(store) == ["b"]
