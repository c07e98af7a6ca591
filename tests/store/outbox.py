"""What every store has to do with an outbox: one test per sentence of ``gateway.ports.outbox``."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.errors import Fenced
from gateway.model import Record, StepEdited, StepRecord, UserRecord
from gateway.ports import Lease, OutboxItem, OutboxSize, Outcome, Store
from tests.store.contract import LATER, Reopen, effect, envelope, lease_on


def said(text: str, **more: Any) -> StepRecord:
    return StepRecord(
        id=text, thread="t", user="slack:T1:U1", name="Ada", type="user_message", created_at=5.5, output=text, **more
    )


async def leave(store: Store, *records: Record, thread: str = "1.1", key: str = "k") -> None:
    """Finish a turn in this conversation that leaves records for elsewhere."""
    await store.put(envelope(key, thread=thread))
    await store.finish(await lease_on(store, thread), key, Outcome(outbox=records))


async def waiting(store: Store, now: float = LATER) -> list[str]:
    """The texts of the steps in what is due."""
    return texts(await store.due(now=now, limit=100))


def texts(items: Sequence[OutboxItem]) -> list[str]:
    return [record.output for item in items for record in item.records if isinstance(record, StepRecord)]


class OutboxContract:
    """Inherit it, and provide ``store`` and ``reopen``."""

    async def test_what_turns_leave_for_elsewhere_waits_with_all_it_says(self, store: Store, reopen: Reopen) -> None:
        person = UserRecord("slack:T1:U1", {"name": "Ada"}, 1.5)
        await leave(store, person, said("hello"), StepEdited("other", "changed"))
        store = await reopen(store)
        [item] = await store.due(now=LATER, limit=10)
        assert list(item.records) == [person, said("hello"), StepEdited("other", "changed")]
        assert (item.conversation, item.attempts, item.error) == ((await lease_on(store)).conversation, 0, None)
        assert await store.outbox_size() == OutboxSize(1, item.put_at)

    @pytest.mark.parametrize("ending", ["answer", "fail", "bury"])
    async def test_however_the_turn_ends(self, store: Store, ending: str) -> None:
        await store.put(envelope("k"))
        lease, outcome = await lease_on(store), Outcome(outbox=[said("hello")])
        match ending:
            case "answer":
                await store.answer(lease, effect("asked"), outcome, answered_by="k")
            case "fail":
                await store.fail(lease, "k", outcome, error="boom", not_before=0)
            case _:
                await store.bury(lease, "k", outcome, error="boom")
        assert await waiting(store) == ["hello"]

    async def test_a_stale_lease_leaves_nothing(self, store: Store) -> None:
        await store.put(envelope("k"))
        lease = await lease_on(store)
        with pytest.raises(Fenced):
            await store.finish(Lease(lease.conversation, lease.token - 1), "k", Outcome(outbox=[said("hello")]))
        assert await store.outbox_size() == OutboxSize(0, None)

    async def test_of_each_conversation_the_first_is_due(self, store: Store) -> None:
        for number, (text, thread) in enumerate([("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")]):
            await leave(store, said(text), thread=thread, key=f"k{number}")
        assert await waiting(store) == ["a1", "b1"]
        assert texts(await store.due(now=LATER, limit=1)) == ["a1"]
        [first, other] = await store.due(now=LATER, limit=10)
        assert texts(await store.delivered([first], limit=10)) == ["a2", "a3"]
        assert texts(await store.delivered([other], limit=10)) == []
        assert await waiting(store) == ["a2"]
        following = await store.due(now=LATER, limit=10)
        assert texts(await store.delivered(following, limit=1)) == ["a3"]
        assert (await store.outbox_size()).waiting == 1

    async def test_one_that_failed_is_due_later_and_holds_its_conversation(self, store: Store, reopen: Reopen) -> None:
        for number, (text, thread) in enumerate([("a1", "a"), ("a2", "a"), ("b1", "b")]):
            await leave(store, said(text), thread=thread, key=f"k{number}")
        assert await store.failed(limit=10) == []
        [first, _] = await store.due(now=LATER, limit=10)
        await store.postpone(first, error="no route", not_before=100.0)
        await store.postpone(first, error="no table", not_before=200.0)
        store = await reopen(store)
        assert await waiting(store, now=199.0) == ["b1"]
        assert await waiting(store, now=200.0) == ["a1", "b1"]
        assert [each[3:] for each in await store.failed(limit=10)] == [(first.put_at, 2, 200.0, "no table")]

    async def test_a_new_one_in_the_place_of_a_deleted_one_is_not_taken_for_it(self, store: Store) -> None:
        await leave(store, said("first"), key="k1")
        [first] = await store.due(now=LATER, limit=10)
        await store.delivered([first], limit=10)
        await leave(store, said("second"), key="k2")
        await store.delivered([first], limit=10)
        await store.postpone(first, error="late", not_before=LATER * 2)
        assert await waiting(store) == ["second"]

    async def test_large_ones_are_read_few_at_a_time(self, store: Store) -> None:
        for number in range(4):
            await leave(store, said(f"{number}" * 1_500_000), thread=f"t{number}", key=f"k{number}")
            await leave(store, said(f"{number}" * 1_500_000), thread="a", key=f"ka{number}")
        due = await store.due(now=LATER, limit=10)
        assert [text[0] for text in texts(due)] == ["0", "0"]
        assert len(await store.delivered([due[1]], limit=10)) == 2
        await store.postpone(due[0], error="too large", not_before=0)
        [failed] = await store.failed(limit=10)
        assert (failed.seq, list(failed.records)) == (due[0].seq, [])

    async def test_what_failed_can_be_dropped_and_nothing_else(self, store: Store) -> None:
        await leave(store, said("a1"), thread="a", key="k1")
        await leave(store, said("a2"), thread="a", key="k2")
        await leave(store, said("b1"), thread="b", key="k3")
        [refused, other] = await store.due(now=LATER, limit=10)
        await store.postpone(refused, error="not taken", not_before=0)
        assert await store.drop_failed([refused, other]) == 1
        assert await waiting(store) == ["a2", "b1"]

    async def test_whoever_delivers_is_woken_once_something_is_there(self, store: Store) -> None:
        woken: list[str] = []
        store.on_outbox(lambda: woken.append("woken"))
        await leave(store, key="k1")
        assert woken == []
        await leave(store, said("hello"), key="k2")
        assert woken == ["woken"]

    async def test_what_no_json_holds_is_kept_as_text(self, store: Store) -> None:
        odd = {"object": object, "half": "\ud83d", "number": 2**80, ("a", "key"): 1}
        await leave(store, said("half \ud83d", metadata=odd))
        [item] = await store.due(now=LATER, limit=10)
        [step] = item.records
        assert isinstance(step, StepRecord)
        assert step.output == "half \ufffd"
        assert dict(step.metadata) == {"object": str(object), "half": "\ufffd", "number": 2**80, "('a', 'key')": 1}
