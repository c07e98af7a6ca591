"""The journal matches the effects of a re-run with those of the run before."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, cast

import pytest

from gateway.model import ConversationRef, Receipt
from gateway.ports import EffectRecord, Lease, Outcome
from gateway.runtime.journal import Journal

LEASE = Lease(conversation="c", token=1)


class Recorded:
    """A journal store in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, EffectRecord] = {}

    async def record(self, lease: Lease, effects: Sequence[EffectRecord]) -> None:
        self.rows |= {effect.ordinal: effect for effect in effects}

    async def answer(self, lease: Lease, ask: EffectRecord, outcome: Outcome, *, answered_by: str) -> None:
        self.rows[ask.ordinal] = ask


REF = ConversationRef(platform="slack", workspace="T", channel="C", thread="1")


def receipt(id: str) -> tuple[Receipt, ...]:
    return (Receipt(to=REF, id=id),)


async def first_run(*kinds: Literal["message", "ask", "once"]) -> Recorded:
    store = Recorded()
    journal = Journal(cast(Any, store), LEASE, "d")
    for number, kind in enumerate(kinds):
        journal.begin(kind).record(receipts=receipt(f"{kind}{number}"))
    await journal.close(keep=True)
    return store


async def test_the_nth_message_of_a_rerun_is_the_nth_of_the_first_run_whatever_is_asked_between() -> None:
    store = await first_run("message", "ask", "message")
    again = Journal(cast(Any, store), LEASE, "d", store.rows.values())
    assert again.begin("message").receipts == receipt("message0")
    assert again.begin("message").receipts == receipt("message2")
    assert again.begin("ask").receipts == receipt("ask1")
    extra = again.begin("message")
    assert not extra.found
    assert extra.ordinal == 3


async def test_a_phase_is_matched_only_with_itself() -> None:
    store = await first_run("message")
    again = Journal(cast(Any, store), LEASE, "d", store.rows.values())
    again.phase = "open"
    assert not again.begin("message").found
    again.phase = "handle"
    assert again.begin("message").found


async def test_an_effect_with_a_name_is_matched_only_with_those_of_its_name() -> None:
    store = Recorded()
    journal = Journal(cast(Any, store), LEASE, "d")
    for name in ("steps", "", "other", "steps"):
        journal.begin("message", name).record(receipts=receipt(name or "none"))
    await journal.close(keep=True)
    again = Journal(cast(Any, store), LEASE, "d", store.rows.values())
    assert again.begin("message").receipts == receipt("none")
    assert not again.begin("message").found
    assert [again.begin("message", "steps").ordinal for _ in range(3)] == [0, 3, 5]
    assert again.begin("message", "other").receipts == receipt("other")


async def test_claimed_names_what_both_runs_posted() -> None:
    store = await first_run("message", "message")
    again = Journal(cast(Any, store), LEASE, "d", store.rows.values())
    again.begin("message")
    again.begin("message")
    again.begin("message").record(receipts=receipt("new"))
    assert again.claimed() == {"message0", "message1", "new"}
    await again.close(keep=False)


async def test_a_turn_that_ends_at_once_writes_no_journal() -> None:
    store = Recorded()
    journal = Journal(cast(Any, store), LEASE, "d")
    journal.begin("message").record(receipts=receipt("1"))
    await journal.close(keep=False)
    assert not store.rows
    assert not journal.written


async def test_what_is_noted_is_on_record_before_the_next_message_where_nothing_can_be_looked_for() -> None:
    store = Recorded()
    journal = Journal(cast(Any, store), LEASE, "d", eager=True)
    journal.begin("message").record(receipts=receipt("1"))
    await journal.settle()
    assert [row["id"] for row in store.rows[0].body["receipts"]] == ["1"]
    await journal.close(keep=False)


async def test_what_is_being_written_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Recorded()
    go, writing = asyncio.Event(), asyncio.Event()
    record = store.record

    async def slow(lease: Lease, effects: Sequence[EffectRecord]) -> None:
        writing.set()
        await go.wait()
        await record(lease, effects)

    monkeypatch.setattr(store, "record", slow)
    journal = Journal(cast(Any, store), LEASE, "d", eager=True)
    journal.begin("message").record(receipts=receipt("1"))
    await writing.wait()
    settling = asyncio.create_task(journal.settle())
    await asyncio.sleep(0)
    assert not settling.done()
    go.set()
    await settling
    assert 0 in store.rows
    await journal.close(keep=False)


class Held(Recorded):
    """A store whose records become durable when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()

    async def record(self, lease: Lease, effects: Sequence[EffectRecord]) -> None:
        await self.may.wait()
        await super().record(lease, effects)


async def test_two_that_settle_at_once_both_wait_and_go_on_in_order() -> None:
    store = Held()
    went: list[tuple[str, list[int]]] = []
    journal = Journal(cast(Any, store), LEASE, "d", eager=True)
    journal.begin("message").record(receipts=receipt("first"))

    async def settle(name: str) -> None:
        await journal.settle()
        went.append((name, list(store.rows)))

    both = asyncio.gather(settle("a"), settle("b"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert went == []
    store.may.set()
    await both
    assert went == [("a", [0]), ("b", [0])]
    await journal.close(keep=False)
