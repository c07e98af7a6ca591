"""What a store says of contents of elements that are still needed: one test per sentence of
``gateway.ports.ContentKeys``."""

from gateway.model import ElementRecord, Removed
from gateway.ports import Outcome, Store
from tests.store.contract import LATER, envelope, lease_on
from tests.store.threads import keep


def element(id: str, key: str | None) -> ElementRecord:
    return ElementRecord(id, "thread", "slack:T1:U1", "file", "a.txt", object_key=key)


class ContentsContract:
    """Inherit it, and provide ``store``."""

    async def test_contents_of_elements_are_needed_as_long_as_these_are_kept(self, store: Store) -> None:
        keys = [f"elements/thread/{n}/a.txt" for n in range(100)]
        await keep(store, *[element(str(n), key) for n, key in enumerate(keys[:50])], element("none", None))
        assert set(await store.referenced(keys)) == set(keys[:50])
        assert set(await store.referenced([])) == set()
        await keep(store, Removed("element", "7"), element("8", "elsewhere"))
        assert set(await store.referenced(keys)) == {*keys[:50]} - {keys[7], keys[8]}

    async def test_all_are_needed_while_something_waits_for_elsewhere(self, store: Store) -> None:
        await store.put(envelope("k"))
        await store.finish(await lease_on(store), "k", Outcome(outbox=[element("1", "a")]))
        assert set(await store.referenced(["a", "b"])) == {"a", "b"}
        await store.delivered(await store.due(now=LATER, limit=10), limit=10)
        assert set(await store.referenced(["a", "b"])) == set()
