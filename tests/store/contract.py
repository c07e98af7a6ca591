"""What every store has to do: one test per sentence of ``gateway.ports``. A store's tests inherit it.

The inheriting module gives the fixtures ``store`` (open, owning) and ``reopen``: close the given store as a crash or a
restart would and open the same data again, as the next owner.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import Fenced
from gateway.model import ConversationRef, Document, Envelope, ThreadRecord, UserRef
from gateway.ports import (
    Delivery,
    DeliveryState,
    EffectRecord,
    Lease,
    Outcome,
    SessionRecord,
    Store,
    WantedAddresses,
)
from gateway.ports.documents import BROADCAST, REQUEST, REQUESTED_MESSAGE

Reopen = Callable[[Store], Awaitable[Store]]

LATER = 4_000_000_000.0
"""A moment by which everything is due, done and old."""
ADA = UserRef(platform="slack", workspace="T1", id="U1", name="Ada")


def ref(thread: str = "1.1") -> ConversationRef:
    return ConversationRef(platform="slack", workspace="T1", channel="C1", thread=thread, route={"reply_to": "1.0"})


def later() -> float:
    """When a dead letter of now counts as new."""
    return time.time() + 120


def envelope(key: str = "slack:T1:C1:1.1", *, thread: str = "1.1", text: str = "hello", at: float = 5.5) -> Envelope:
    return Envelope(key=key, ref=ref(thread), body={"text": text, "nested": {"list": [1, None, 2.5]}}, received_at=at)


def session(thread: str = "1.1", *, at: float = 10.0, data: Mapping[str, Any] | None = None) -> SessionRecord:
    return SessionRecord(
        id=f"id of {thread}", ref=ref(thread), user=ADA, data=data or {"count": 1}, started_at=9.0, last_at=at
    )


def thread_record(id: str, *, thread: str = "1.1", at: float, user: str = "slack:T1:U1") -> ThreadRecord:
    return ThreadRecord(id=id, ref=ref(thread), user=user, name=None, metadata={}, created_at=at, updated_at=at)


def effect(delivery: str, ordinal: int = 0, **body: Any) -> EffectRecord:
    return EffectRecord(delivery=delivery, ordinal=ordinal, kind="message", body=body)


async def lease_on(store: Store, thread: str = "1.1") -> Lease:
    lease = await store.claim(ref(thread).key)
    assert lease is not None
    return lease


async def everything_pending(store: Store, conversation: str | None = None) -> list[Delivery]:
    return list(await store.pending(conversation=conversation, now=LATER, limit=10_000))


async def pending_keys(store: Store) -> list[str]:
    return [delivery.envelope.key for delivery in await everything_pending(store)]


async def only_pending(store: Store) -> Delivery:
    (delivery,) = await everything_pending(store)
    return delivery


async def bury(store: Store, key: str, *, error: str = "boom") -> None:
    await store.put(envelope(key))
    await store.bury(await lease_on(store), key, error=error)


async def prune(store: Store, *, done_before: float, rest_before: float, limit: int = 1000) -> int:
    """Delete what is old, with one age for all payloads."""
    return await store.prune(
        done_before=done_before,
        tokens_before=rest_before,
        values_before=rest_before,
        messages_before=rest_before,
        requests_before=rest_before,
        audit_before=rest_before,
        limit=limit,
    )


class StoreContract:
    """Inherit it, and provide ``store`` and ``reopen``."""

    # Inbox: putting

    async def test_put_gives_back_the_delivery(self, store: Store) -> None:
        stored = await store.put(envelope())
        assert stored.new
        assert stored.session is None
        assert stored.delivery.envelope == envelope()
        assert stored.delivery[2:] == (0, 0, False, None)  # attempts, interrupted, revived, twin

    async def test_what_was_put_is_pending_unchanged(self, store: Store) -> None:
        stored = await store.put(envelope())
        delivery = await only_pending(store)
        assert delivery == stored.delivery
        assert delivery.envelope.ref.route == {"reply_to": "1.0"}  # not part of a ref's equality

    async def test_a_known_key_is_not_new(self, store: Store) -> None:
        first = await store.put(envelope())
        again = await store.put(envelope(text="the same thing under another attempt"))
        assert not again.new
        assert again.delivery.seq == first.delivery.seq
        assert (await only_pending(store)).envelope.body["text"] == "hello"

    async def test_what_a_twin_says_is_kept_beside_the_first(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope())
        await store.amend(envelope(text="the same thing with its files"))
        await store.amend(envelope("another key", text="of nothing that is here"))
        delivery = await only_pending(await reopen(store))
        assert delivery.envelope.body["text"] == "hello"
        assert delivery.twin is not None
        assert delivery.twin["text"] == "the same thing with its files"

    async def test_a_twin_of_what_is_done_is_not_kept(self, store: Store) -> None:
        await store.put(envelope())
        await store.finish(await lease_on(store), envelope().key)
        await store.amend(envelope(text="too late"))
        assert await pending_keys(store) == []

    async def test_what_finished_turns_posted_is_known_to_those_behind_them(self, store: Store, reopen: Reopen) -> None:
        lease = await lease_on(store)
        for n, posted in enumerate((("1", "2"), (), ("3",))):
            await store.put(envelope(f"k{n}"))
            await store.finish(lease, f"k{n}", Outcome(posted=posted))
        other = await store.put(envelope("other", thread="another"))
        await store.finish(lease, "other", Outcome(posted=("4",)))
        last = await store.put(envelope("last"))
        conversation = last.delivery.envelope.ref.key
        assert other.delivery.envelope.ref.key != conversation
        again = await reopen(store)
        assert set(await again.posted(conversation, before=last.delivery.seq)) == {"1", "2", "3"}
        assert set(await again.posted(conversation, before=1)) == set()
        assert set(await again.posted("nowhere", before=last.delivery.seq)) == set()

    async def test_a_known_key_tells_its_attempts(self, store: Store) -> None:
        await store.put(envelope())
        await store.fail(await lease_on(store), envelope().key, error="boom", not_before=0)
        assert (await store.put(envelope())).delivery.attempts == 1

    async def test_concurrent_puts_of_one_key_make_one_delivery(self, store: Store) -> None:
        keys = [f"slack:T1:C1:{n % 100}" for n in range(1000)]
        stored = await asyncio.gather(*(store.put(envelope(key)) for key in keys))
        assert sum(one.new for one in stored) == 100
        seqs = {one.delivery.envelope.key: one.delivery.seq for one in stored if one.new}
        assert all(seqs[one.delivery.envelope.key] == one.delivery.seq for one in stored)
        assert len(await pending_keys(store)) == 100

    async def test_seq_is_the_order_of_arrival(self, store: Store) -> None:
        one_by_one = [await store.put(envelope(f"a{n}", thread=str(n % 3))) for n in range(10)]
        together = await asyncio.gather(*(store.put(envelope(f"b{n}", thread=str(n % 3))) for n in range(10)))
        seqs = [stored.delivery.seq for stored in [*one_by_one, *together]]
        assert seqs == sorted(set(seqs))
        assert await pending_keys(store) == [f"a{n}" for n in range(10)] + [f"b{n}" for n in range(10)]

    async def test_a_seq_is_never_given_twice(self, store: Store, reopen: Reopen) -> None:
        last = await store.put(envelope("last"))
        await store.finish(await lease_on(store), "last")
        assert await prune(store, done_before=LATER, rest_before=0) == 1
        store = await reopen(store)
        assert (await store.put(envelope("next"))).delivery.seq > last.delivery.seq

    async def test_done_keys_go_on_deduplicating(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope())
        await store.finish(await lease_on(store), envelope().key)
        assert not (await store.put(envelope())).new
        store = await reopen(store)
        assert not (await store.put(envelope())).new
        assert await pending_keys(store) == []

    async def test_put_brings_the_open_session_if_asked(self, store: Store) -> None:
        await store.save(session())
        assert (await store.put(envelope("a"))).session is None
        assert (await store.put(envelope("b"), with_session=True)).session == session()
        assert (await store.put(envelope("b"), with_session=True)).session == session()
        assert (await store.put(envelope("c", thread="other"), with_session=True)).session is None
        await store.end(ref().key, at=11)
        assert (await store.put(envelope("d"), with_session=True)).session is None

    async def test_the_session_is_never_older_than_what_was_saved_at_the_same_time(self, store: Store) -> None:
        await store.put(envelope("a"))
        lease = await lease_on(store)
        saved = session(data={"count": 2})
        for n in range(20):
            # Both wait for the same commit or for two: the put, asked for later, must see the session either way.
            await store.put(envelope(f"other {n}"))
            finished, stored = await asyncio.gather(
                store.finish(lease, "a", Outcome(session=saved)), store.put(envelope(f"b{n}"), with_session=True)
            )
            assert finished is None
            assert stored.session == saved

    async def test_all_that_was_put_survives(self, store: Store, reopen: Reopen) -> None:
        await asyncio.gather(*(store.put(envelope(f"k{n}", text="x" * 5000)) for n in range(50)))
        store = await reopen(store)
        assert await pending_keys(store) == [f"k{n}" for n in range(50)]

    async def test_bodies_hold_whatever_json_holds(self, store: Store) -> None:
        body = {"half an emoji": "\ud83d", "big": 2**70, "é": "\x00 '\"", "deep": [[[{}]]], "no": None, "f": 0.1}
        await store.put(replace(envelope(), body=body))
        assert (await only_pending(store)).envelope.body == body

    # Inbox: reading

    async def test_pending_pages_by_seq(self, store: Store) -> None:
        for n in range(7):
            await store.put(envelope(f"k{n}"))
        keys, after = [], 0
        while rows := await store.pending(after=after, now=LATER, limit=3):
            assert len(rows) <= 3
            keys += [row.envelope.key for row in rows]
            after = rows[-1].seq
        assert keys == [f"k{n}" for n in range(7)]

    async def test_pending_of_one_conversation(self, store: Store) -> None:
        for n in range(6):
            await store.put(envelope(f"k{n}", thread=str(n % 2)))
        rows = await everything_pending(store, ref("1").key)
        assert [row.envelope.key for row in rows] == ["k1", "k3", "k5"]
        rest = await store.pending(conversation=ref("1").key, after=rows[0].seq, now=LATER, limit=1)
        assert [row.envelope.key for row in rest] == ["k3"]
        assert await everything_pending(store, ref("2").key) == []

    async def test_pending_leaves_out_what_is_not_due(self, store: Store) -> None:
        await store.put(envelope("a"))
        await store.put(envelope("b"))
        await store.fail(await lease_on(store), "a", error="boom", not_before=100.0)
        assert [row.envelope.key for row in await store.pending(now=99.9, limit=10)] == ["b"]
        assert [row.envelope.key for row in await store.pending(now=100.0, limit=10)] == ["a", "b"]
        of_one = await store.pending(conversation=ref().key, now=99.9, limit=10)
        assert [row.envelope.key for row in of_one] == ["b"]

    # Inbox: leases

    async def test_a_lease_is_taken_renewed_and_given_back(self, store: Store) -> None:
        lease = await lease_on(store)
        assert lease.conversation == ref().key
        await store.renew(lease)
        await store.release(lease)
        assert await store.claim(ref().key) is not None

    async def test_tokens_grow_with_every_owner(self, store: Store, reopen: Reopen) -> None:
        before = await lease_on(store)
        store = await reopen(store)
        after = await lease_on(store)
        assert after.token > before.token

    async def test_a_stale_lease_can_write_nothing(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"))
        await store.record(await lease_on(store), [effect("a", text="before")])
        stale = await lease_on(store)
        store = await reopen(store)
        attempts: list[Awaitable[Any]] = [
            store.renew(stale),
            store.start(stale, "a"),
            store.finish(stale, "a", Outcome(session=session())),
            store.finish(stale, "a", Outcome(journal=False)),
            store.finish(stale, "a", soon=True),
            store.pause(stale, "a"),
            store.fail(stale, "a", error="boom", not_before=0),
            store.bury(stale, "a", error="boom"),
            store.record(stale, [effect("a", text="after"), effect("a", 1)]),
            store.answer(stale, effect("a", 2), answered_by="a"),
        ]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Fenced] * len(attempts)
        assert (await only_pending(store)).attempts == 0
        assert list(await store.effects(ref().key, "a")) == [effect("a", text="before")]
        assert not await store.exists(ref().key)
        assert list(await store.dead_letters()) == []
        store = await reopen(store)
        await store.recover()
        assert (await only_pending(store)).interrupted == 0  # the stale start was not noted either

    async def test_a_stale_lease_does_not_disturb_its_neighbours(self, store: Store, reopen: Reopen) -> None:
        stale = await lease_on(store)
        store = await reopen(store)
        lease = await lease_on(store)
        await asyncio.gather(*(store.put(envelope(f"k{n}")) for n in range(10)))
        outcomes = await asyncio.gather(
            *(store.finish(stale if n % 2 else lease, f"k{n}") for n in range(10)), return_exceptions=True
        )
        assert [isinstance(outcome, Fenced) for outcome in outcomes] == [False, True] * 5
        assert await pending_keys(store) == [f"k{n}" for n in (1, 3, 5, 7, 9)]

    # Inbox: recovery

    async def test_recover_counts_what_is_open(self, store: Store, reopen: Reopen) -> None:
        assert await store.recover() == 0
        for n in range(4):
            await store.put(envelope(f"k{n}"))
        await store.finish(await lease_on(store), "k0")
        await store.bury(await lease_on(store), "k1", error="boom")
        store = await reopen(store)
        assert await store.recover() == 2

    async def test_recover_counts_an_interruption_for_what_had_started(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("waiting"))
        await store.put(envelope("started at once"), started=True)
        await store.put(envelope("started later"))
        await store.start(await lease_on(store), "started later")
        store = await reopen(store)
        await store.recover()
        found = {row.envelope.key: row.interrupted for row in await everything_pending(store)}
        assert found == {"waiting": 0, "started at once": 1, "started later": 1}

    async def test_an_interruption_counts_once(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"), started=True)
        for _ in range(3):  # the later processes die before they start it
            store = await reopen(store)
            await store.recover()
        assert (await only_pending(store)).interrupted == 1

    async def test_deaths_with_several_suspects_raise_none_of_them_above_two(
        self, store: Store, reopen: Reopen
    ) -> None:
        for key in ("a", "b"):
            await store.put(envelope(key), started=True)
        for count in (1, 2, 2, 2):
            store = await reopen(store)
            await store.recover()
            found = {row.envelope.key: row.interrupted for row in await everything_pending(store)}
            assert found == {"a": count, "b": count}
            for key in found:
                await store.start(await lease_on(store), key)

    async def test_the_only_suspect_that_ran_is_counted_whatever_ran_beside_it(
        self, store: Store, reopen: Reopen
    ) -> None:
        await store.put(envelope("suspect"), started=True)
        for deaths in (1, 2, 3):
            store = await reopen(store)
            await store.recover()
            found = {row.envelope.key: row.interrupted for row in await everything_pending(store)}
            assert found.pop("suspect") == deaths
            assert set(found.values()) <= {1}
            for key in found:
                await store.finish(await lease_on(store), key)
            await store.start(await lease_on(store), "suspect")
            await store.put(envelope(f"new {deaths}"), started=True)

    async def test_deaths_are_remembered_clean_ends_are_not(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"), started=True)
        await store.hand_over()
        store = await reopen(store)
        await store.recover()
        assert await store.deaths() == []
        for deaths in (1, 2):
            await store.start(await lease_on(store), "a")
            store = await reopen(store)
            await store.recover()
            found = await store.deaths()
            assert len(found) == deaths
            assert list(found) == sorted(found)

    async def test_deaths_before_a_delivery_came_are_remembered_through_those_after_it(
        self, store: Store, reopen: Reopen
    ) -> None:
        """As many as it may have to live through: else what speaks for it would be forgotten while it waits."""
        await store.put(envelope("a"), started=True)
        store = await reopen(store)
        await store.recover()
        [first] = await store.deaths()
        for _ in range(25):
            await store.start(await lease_on(store), "a")
            store = await reopen(store)
            await store.recover()
        found = await store.deaths()
        assert (len(found), found[0]) == (26, first)

    async def test_a_death_at_which_only_others_ran_speaks_for_the_suspects(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("suspect"), started=True)
        for _ in range(2):
            store = await reopen(store)
            await store.recover()
            await store.start(await lease_on(store), "suspect")
        store = await reopen(store)
        await store.recover()
        await store.put(envelope("new", thread="2"), started=True)
        store = await reopen(store)
        await store.recover()
        found = {row.envelope.key: row.interrupted for row in await everything_pending(store)}
        assert found == {"suspect": 1, "new": 1}

    async def test_a_turn_that_waits_for_an_answer_is_not_interrupted(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"), started=True)
        await store.pause(await lease_on(store), "a")
        store = await reopen(store)
        await store.recover()
        delivery = await only_pending(store)
        assert (delivery.interrupted, delivery.revived) == (0, True)

    async def test_a_turn_that_goes_on_after_its_answer_can_be_interrupted(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"), started=True)
        await store.pause(await lease_on(store), "a")
        assert await store.start(await lease_on(store), "a")
        store = await reopen(store)
        await store.recover()
        assert (await only_pending(store)).interrupted == 1

    async def test_what_is_handed_over_was_not_interrupted_and_may_have_left_something(
        self, store: Store, reopen: Reopen
    ) -> None:
        await store.put(envelope("ran"), started=True)
        await store.put(envelope("waited"))
        await store.hand_over()
        store = await reopen(store)
        await store.recover()
        found = {row.envelope.key: (row.interrupted, row.revived) for row in await everything_pending(store)}
        assert found == {"ran": (0, True), "waited": (0, False)}

    async def test_nothing_done_is_paused_or_handed_over(self, store: Store) -> None:
        await store.put(envelope("a"), started=True)
        lease = await lease_on(store)
        await store.finish(lease, "a")
        await store.pause(lease, "a")
        await store.hand_over()
        assert await pending_keys(store) == []

    async def test_every_death_counts(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"), started=True)
        for deaths in (1, 2, 3):
            store = await reopen(store)
            await store.recover()
            assert (await only_pending(store)).interrupted == deaths
            assert await store.start(await lease_on(store), "a")

    async def test_nothing_is_started_that_is_not_open(self, store: Store) -> None:
        for key in ("open", "done", "dead"):
            await store.put(envelope(key))
        lease = await lease_on(store)
        await store.finish(lease, "done")
        await store.bury(lease, "dead", error="boom")
        keys = ("done", "open", "dead", "unknown", "open")
        started = await asyncio.gather(*(store.start(lease, key) for key in keys))
        assert started == [False, True, False, False, True]

    async def test_recover_leaves_alone_what_this_process_started(self, store: Store) -> None:
        await store.put(envelope("a"), started=True)
        assert await store.recover() == 1
        assert (await only_pending(store)).interrupted == 0

    async def test_a_started_duplicate_starts_nothing(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"))
        await store.put(envelope("a"), started=True)
        store = await reopen(store)
        await store.recover()
        assert (await only_pending(store)).interrupted == 0

    # Inbox: the end of a turn

    async def test_finish_is_one_change(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("a"))
        await store.put(envelope("b"))
        lease = await lease_on(store)
        await store.record(lease, [effect("a"), effect("a", 1)])
        await store.record(lease, [effect("b")])
        await store.finish(lease, "a", Outcome(session=session()))
        store = await reopen(store)
        assert await pending_keys(store) == ["b"]
        assert list(await store.effects(ref().key, "a")) == []
        assert list(await store.effects(ref().key, "b")) == [effect("b")]
        assert await store.load(ref().key) == session()

    async def test_however_a_turn_ends_its_session_is_saved_with_it(self, store: Store, reopen: Reopen) -> None:
        leases = {key: await lease_on(store, key) for key in ("finished", "answered", "failed", "buried")}
        for key, lease in leases.items():
            await store.put(envelope(key, thread=key))
            await store.record(lease, [effect(key)])
        await store.put(envelope("click", thread="answered"))
        await store.finish(leases["finished"], "finished", Outcome(session=session("finished")))
        answered = Outcome(session=session("answered"))
        await store.answer(leases["answered"], effect("answered", n=1), answered, answered_by="click")
        failed = Outcome(session=session("failed"))
        await store.fail(leases["failed"], "failed", failed, error="boom", not_before=0)
        await store.bury(leases["buried"], "buried", Outcome(session=session("buried")), error="boom")
        store = await reopen(store)
        for thread in ("finished", "answered", "failed", "buried"):
            assert await store.load(ref(thread).key) == session(thread)
        assert await pending_keys(store) == ["answered", "failed"]
        kept = [bool(await store.effects(ref(key).key, key)) for key in ("finished", "failed", "buried")]
        assert kept == [False, True, True]

    async def test_finish_without_a_session_leaves_the_session(self, store: Store) -> None:
        await store.put(envelope("a"))
        await store.save(session())
        await store.finish(await lease_on(store), "a", Outcome(journal=False))
        assert await store.load(ref().key) == session()
        assert await pending_keys(store) == []

    async def test_many_finish_together(self, store: Store) -> None:
        threads = [str(n) for n in range(30)]
        await asyncio.gather(*(store.put(envelope(t, thread=t)) for t in threads))
        leases = {t: await lease_on(store, t) for t in threads}
        await asyncio.gather(
            *(store.finish(leases[t], t, Outcome(session=session(t) if int(t) % 2 else None)) for t in threads)
        )
        assert await pending_keys(store) == []
        assert [await store.exists(ref(t).key) for t in threads] == [bool(int(t) % 2) for t in threads]

    async def test_finishing_twice_is_harmless(self, store: Store) -> None:
        await store.put(envelope("a"))
        lease = await lease_on(store)
        await store.finish(lease, "a")
        await store.finish(lease, "a")
        await store.fail(lease, "a", error="too late", not_before=0)
        await store.bury(lease, "a", error="too late")
        assert await pending_keys(store) == []
        assert list(await store.dead_letters()) == []

    async def test_fail_counts_an_attempt(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope())
        lease = await lease_on(store)
        await store.record(lease, [effect(envelope().key)])
        for attempts in (1, 2):
            await store.fail(lease, envelope().key, error="boom", not_before=1.0)
            delivery = await only_pending(store)
            assert delivery.attempts == attempts
        assert list(await store.effects(ref().key, envelope().key)) == [effect(envelope().key)]
        store = await reopen(store)
        assert (await only_pending(store)).attempts == 2

    # Inbox: dead letters

    async def test_bury_makes_a_dead_letter_of_it(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope())
        lease = await lease_on(store)
        await store.fail(lease, envelope().key, error="first", not_before=0)
        await store.bury(lease, envelope().key, error="ValueError: no")
        store = await reopen(store)
        assert await pending_keys(store) == []
        (letter,) = await store.dead_letters()
        assert (letter.key, letter.conversation, letter.error) == (envelope().key, ref().key, "ValueError: no")
        assert (letter.received_at, letter.attempts) == (5.5, 2)  # the failed one, and the one that was given up

    async def test_the_newest_dead_letters_come_first(self, store: Store) -> None:
        for n in range(5):
            await bury(store, f"k{n}")
        assert [letter.key for letter in await store.dead_letters(limit=3)] == ["k4", "k3", "k2"]

    async def test_retry_puts_dead_letters_back(self, store: Store, reopen: Reopen) -> None:
        await bury(store, "a")
        await bury(store, "b")
        await store.put(envelope("open"))
        assert await store.retry(["a", "open", "unknown"]) == 1
        assert await store.retry(["a"]) == 0
        assert await store.retry([]) == 0
        assert [letter.key for letter in await store.dead_letters()] == ["b"]
        store = await reopen(store)
        await store.recover()
        again = (await everything_pending(store))[-1]
        assert (again.envelope, again.attempts, again.interrupted) == (envelope("a"), 0, 0)

    async def test_retry_comes_after_what_was_seen(self, store: Store) -> None:
        await bury(store, "a")
        seen = await store.put(envelope("b"))
        await store.retry(["a"])
        (row,) = await store.pending(after=seen.delivery.seq, now=LATER, limit=10)
        assert row.envelope.key == "a"
        assert (await store.put(envelope("c"))).delivery.seq > row.seq

    async def test_drop_marks_dead_letters_done(self, store: Store) -> None:
        await bury(store, "a")
        await bury(store, "b")
        await store.put(envelope("open"))
        await store.record(await lease_on(store), [effect("a")])
        assert await store.drop(["a", "open", "unknown"]) == 1
        assert [letter.key for letter in await store.dead_letters()] == ["b"]
        assert not (await store.put(envelope("a"))).new
        assert await pending_keys(store) == ["open"]
        assert list(await store.effects(ref().key, "a")) == []

    async def test_a_dead_letter_that_arrives_again_is_taken_up_again(self, store: Store, reopen: Reopen) -> None:
        await bury(store, "a")
        other = await store.put(envelope("b"))
        assert not (await store.put(envelope("a", at=time.time()))).new  # so soon it is only its twin
        stored = await store.put(envelope("a", text="again", at=later()), started=True)
        assert stored.new
        assert (stored.delivery.attempts, stored.delivery.interrupted) == (0, 0)
        assert stored.delivery.seq > other.delivery.seq
        assert list(await store.dead_letters()) == []
        assert not (await store.put(envelope("a"))).new
        assert (await everything_pending(store))[-1] == stored.delivery
        assert stored.delivery.envelope.body["text"] == "again"
        store = await reopen(store)
        await store.recover()
        assert [row.interrupted for row in await everything_pending(store)] == [0, 1]

    async def test_one_of_many_redeliveries_takes_a_dead_letter_up(self, store: Store) -> None:
        await bury(store, "a")
        keys = ["a", "b", "a", "c", "a", "b"]
        stored = await asyncio.gather(*(store.put(envelope(key, at=later())) for key in keys))
        assert [one.new for one in stored] == [True, True, False, True, False, False]
        assert sorted(await pending_keys(store)) == ["a", "b", "c"]
        assert len({row.seq for row in await everything_pending(store)}) == 3

    async def test_a_revived_dead_letter_says_so(self, store: Store) -> None:
        """What its earlier runs did (a payment noted by a step) must not be done a second time."""
        for key in ("retried", "redelivered"):
            await store.put(envelope(key))
            await store.record(await lease_on(store), [effect(key, paid=True)])
            await store.bury(await lease_on(store), key, error="boom")
        await store.retry(["retried"])
        assert (await store.put(envelope("redelivered", at=later()))).delivery.revived
        for delivery in await everything_pending(store):
            assert delivery.revived
            assert list(await store.effects(ref().key, delivery.envelope.key)) == [
                effect(delivery.envelope.key, paid=True)
            ]

    # Journals

    async def test_effects_come_by_ordinal(self, store: Store, reopen: Reopen) -> None:
        lease = await lease_on(store)
        await store.record(lease, [effect("a", 2, n=2), effect("a", 0, n=0), effect("b", 0)])
        await store.record(lease, [effect("a", 11, n=11)])
        store = await reopen(store)
        assert [one.ordinal for one in await store.effects(ref().key, "a")] == [0, 2, 11]
        assert list(await store.effects(ref().key, "nothing")) == []

    async def test_record_replaces(self, store: Store) -> None:
        lease = await lease_on(store)
        await store.record(lease, [effect("a", text="first"), effect("a", 1)])
        ask = EffectRecord(delivery="a", ordinal=0, kind="ask", body={"text": "second", "list": [1, {"x": None}]})
        await store.record(lease, [ask])
        await store.record(lease, [])
        assert list(await store.effects(ref().key, "a")) == [ask, effect("a", 1)]

    async def test_answer_finishes_the_delivery_that_brought_it(self, store: Store, reopen: Reopen) -> None:
        await store.put(envelope("question"))
        await store.put(envelope("click"))
        lease = await lease_on(store)
        await store.record(lease, [effect("question", text="sure?"), effect("click", text="noise")])
        answered = EffectRecord(delivery="question", ordinal=1, kind="ask", body={"answer": "yes"})
        await store.answer(lease, answered, answered_by="click")
        store = await reopen(store)
        assert await pending_keys(store) == ["question"]
        assert list(await store.effects(ref().key, "question")) == [effect("question", text="sure?"), answered]
        assert list(await store.effects(ref().key, "click")) == []
        assert not (await store.put(envelope("click"))).new

    # Sessions

    async def test_sessions_are_loaded_as_they_were_saved(self, store: Store, reopen: Reopen) -> None:
        assert await store.load(ref().key) is None
        assert not await store.exists(ref().key)
        await store.save(session())
        await store.save(session("nobody's")._replace(user=None))
        store = await reopen(store)
        loaded = await store.load(ref().key)
        assert loaded == session()
        assert loaded.ref.route == {"reply_to": "1.0"}
        assert await store.exists(ref().key)
        nobodys = await store.load(ref("nobody's").key)
        assert nobodys is not None
        assert nobodys.user is None

    async def test_save_replaces(self, store: Store) -> None:
        await store.save(session())
        newer = session(at=20.0, data={"count": 2, "more": ["x"]})._replace(id="another", user=None)
        await store.save(newer)
        assert await store.load(ref().key) == newer

    async def test_an_ended_session_is_gone(self, store: Store, reopen: Reopen) -> None:
        await store.save(session())
        await store.save(session("other"))
        await store.end(ref().key, at=11.0)
        await store.end("slack:T1:C1:unknown", at=11.0)
        store = await reopen(store)
        assert await store.load(ref().key) is None
        assert not await store.exists(ref().key)
        assert list(await store.idle(before=LATER, limit=10)) == [session("other")]

    async def test_a_conversation_can_open_another_session(self, store: Store) -> None:
        await store.save(session())
        await store.end(ref().key, at=11.0)
        second = session(at=12.0)._replace(id="second")
        await store.save(second)
        assert await store.load(ref().key) == second
        assert await prune(store, done_before=LATER, rest_before=LATER) == 0
        assert await store.exists(ref().key)

    async def test_sessions_within_a_channel_are_those_of_its_threads(self, store: Store) -> None:
        for thread in ("a", "b", "c"):
            await store.save(session(thread, at=10.0))
        other = session("a", at=10.0)
        await store.save(other._replace(ref=replace(other.ref, channel=other.ref.channel + "2")))
        channel = replace(other.ref, thread=None).key
        assert [one.ref.thread for one in await store.within(channel, limit=10)] == ["a", "b", "c"]
        await store.end(session("b", at=10.0).ref.key, at=20.0)
        assert [one.ref.thread for one in await store.within(channel, limit=1)] == ["a"]
        assert [one.ref.thread for one in await store.within(channel, limit=10)] == ["a", "c"]

    async def test_idle_sessions_come_oldest_first(self, store: Store) -> None:
        for thread, at in (("c", 30.0), ("a", 10.0), ("d", 40.0), ("b", 20.0)):
            await store.save(session(thread, at=at))
        assert [one.ref.thread for one in await store.idle(before=40.0, limit=10)] == ["a", "b", "c"]
        assert [one.ref.thread for one in await store.idle(before=40.0, limit=2)] == ["a", "b"]
        await store.save(session("a", at=50.0))
        assert [one.ref.thread for one in await store.idle(before=40.0, limit=10)] == ["b", "c"]

    # Payloads

    async def test_long_tokens_are_kept(self, store: Store, reopen: Reopen) -> None:
        assert await store.get_token("s:1") is None
        await store.put_token("s:1", {"name": "buy", "payload": {"ids": [1, 2]}})
        await store.put_token("s:2", {})
        store = await reopen(store)
        assert await store.get_token("s:1") == {"name": "buy", "payload": {"ids": [1, 2]}}
        assert await store.get_token("s:2") == {}
        await store.put_token("s:1", {"name": "sell"})
        assert await store.get_token("s:1") == {"name": "sell"}

    async def test_values_are_kept_by_owner_and_name(self, store: Store, reopen: Reopen) -> None:
        assert await store.get_value("adapter", "seal") is None
        await store.put_value("adapter", "seal", {"of": "an adapter"})
        await store.put_value("gateway", "seal", {"of": "the gateway"})
        store = await reopen(store)
        assert await store.get_value("adapter", "seal") == {"of": "an adapter"}
        assert await store.get_value("gateway", "seal") == {"of": "the gateway"}
        await store.put_value("adapter", "seal", {})
        assert await store.get_value("adapter", "seal") == {}
        assert await store.get_value("gateway", "seal") == {"of": "the gateway"}

    async def test_a_value_that_is_added_twice_at_once_is_made_once(self, store: Store) -> None:
        added = await asyncio.gather(*(store.add_value("gateway", "once", {"by": number}) for number in range(5)))
        assert added == [{"by": 0}] * 5
        assert await store.get_value("gateway", "once") == {"by": 0}
        assert await store.add_value("adapter", "once", {"by": "an adapter"}) == {"by": "an adapter"}

    async def test_message_records_are_kept(self, store: Store, reopen: Reopen) -> None:
        assert await store.get_message("m:1") is None
        await store.put_message("m:1", {"actions": ["a"]})
        store = await reopen(store)
        assert await store.get_message("m:1") == {"actions": ["a"]}
        assert await store.get_token("m:1") is None
        await store.put_message("m:1", {"actions": []})
        assert await store.get_message("m:1") == {"actions": []}

    async def test_lines_of_the_audit_are_pruned_but_those_of_exports_and_erasures(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.store.core.kinds.upkeep.LOOK", 3)
        for n in range(5):
            await store.note("erased", f"person {n}", {})
        for n in range(4):
            await store.note("chatkit.session.created", None, {"session": str(n)})
        for action in ("exported", "expired", "threads.exported", "user.erased", "thread.deleted"):
            await store.note(action, None, {})
        assert await prune(store, done_before=0, rest_before=time.time() - 60) == 0
        removed = [await prune(store, done_before=0, rest_before=LATER, limit=2) for _ in range(9)]
        assert sum(removed) == 5
        assert max(removed) <= 2
        kept = ["exported", "expired", "threads.exported", "user.erased"]
        assert [line.action for line in await store.audit()] == ["erased"] * 5 + kept

    async def test_each_group_of_payloads_is_pruned_by_its_own_age(self, store: Store) -> None:
        async def prune(group: str) -> int:
            return await store.prune(
                done_before=0,
                tokens_before=LATER if group == "tokens" else 0,
                values_before=LATER if group == "values" else 0,
                messages_before=LATER if group == "messages" else 0,
                requests_before=LATER if group == "requests" else 0,
                audit_before=LATER if group == "audit" else 0,
            )

        async def left() -> list[bool]:
            found = (
                await store.get_token("x"),
                await store.get_value("adapter", "x"),
                await store.get_value("gateway", "x"),
                await store.get_message("x"),
            )
            return [each is not None for each in found]

        await store.put_token("x", {})
        await store.put_value("adapter", "x", {})
        await store.put_value("gateway", "x", {})
        await store.put_message("x", {})
        assert await prune("tokens") == 1
        assert await left() == [False, True, True, True]
        assert await prune("values") == 1
        assert await left() == [False, False, True, True], "what the gateway keeps for itself has no end"
        assert await prune("messages") == 1
        assert await left() == [False, False, True, False]

        for kind in (REQUEST, REQUESTED_MESSAGE, BROADCAST, "test.item"):
            await store.add_document(Document(kind=kind, id="x", body={}))
        assert await prune("requests") == 2
        assert await prune("messages") == 1
        assert await store.get_document("test.item", "x") is not None

    # Addresses

    async def test_a_delivery_tells_how_far_it_is(self, store: Store) -> None:
        await store.put(envelope("open"))
        await store.put(envelope("done", thread="2"))
        await store.finish(await lease_on(store, "2"), "done", Outcome(posted=("1.5", "1.6")))
        await store.put(envelope("dead", thread="3"))
        await store.bury(await lease_on(store, "3"), "dead", error="boom")
        states = await store.states(["open", "done", "dead", "unknown"])
        assert states == {
            "open": DeliveryState("open"),
            "done": DeliveryState("done", posted=("1.5", "1.6")),
            "dead": DeliveryState("dead", "boom"),
        }

    async def test_a_conversation_is_found_by_its_key_and_by_its_thread(self, store: Store) -> None:
        await store.put(envelope())
        old, new = thread_record("old", at=1), thread_record("new", at=2, user="slack:T1:U2")
        await store.finish(await lease_on(store), "slack:T1:C1:1.1", Outcome(records=[old, new]))
        await store.save(session("of a session alone"))
        for name in (ref().key, "old", "new"):
            found = await store.address(name)
            assert found is not None and found.ref == ref() and found.ref.route == ref().route
        newest = await store.address(ref().key)
        assert newest is not None and newest.user == "slack:T1:U2"
        alone = await store.address(ref("of a session alone").key)
        assert alone is not None and alone.user == ADA.key
        assert await store.address("unknown") is None
        assert await store.address("id of of a session alone") is None

    async def test_conversations_are_listed_once_each_in_the_order_of_their_keys(self, store: Store) -> None:
        await store.put(envelope())
        records = [thread_record(f"{n}/{at}", thread=f"{n}", at=at) for n in range(5) for at in (10, 20)]
        await store.finish(await lease_on(store), "slack:T1:C1:1.1", Outcome(records=records))
        for name in ("3", "8", "9"):
            await store.save(session(name, at=15.0))
        await store.end(ref("9").key, at=16)

        async def found(wanted: WantedAddresses) -> list[str]:
            threads: list[str] = []
            while page := await store.addresses(wanted, after=ref(threads[-1]).key if threads else "", limit=2):
                threads += [each.ref.thread or "" for each in page]
            assert await store.count_addresses(wanted) == len(threads)
            return threads

        assert await found(WantedAddresses("slack:", LATER)) == ["0", "1", "2", "3", "4", "8"]
        assert await found(WantedAddresses("slack:T1:", LATER, active_since=18)) == ["0", "1", "2", "3", "4"]
        assert await found(WantedAddresses("slack:", 9.5)) == ["8"]
        for wanted in (
            WantedAddresses("slack:T2:", LATER),
            WantedAddresses("slac:", LATER),
            WantedAddresses("discord:", LATER),
            WantedAddresses("slack:", 0),
            WantedAddresses("slack:", LATER, kind="dm"),
            WantedAddresses("slack:", LATER, active_since=21),
        ):
            assert await found(wanted) == []

    # The whole

    async def test_ping_and_closing_twice(self, store: Store) -> None:
        await store.ping()
        await store.close()
        await store.close()
        with pytest.raises(RuntimeError, match="not open"):
            await store.ping()

    async def test_opening_an_open_store_changes_nothing(self, store: Store) -> None:
        lease = await lease_on(store)
        await store.open()
        await store.renew(lease)

    async def test_a_closed_store_can_be_opened_again(self, store: Store) -> None:
        await store.put(envelope())
        await store.close()
        await store.open()
        assert await pending_keys(store) == [envelope().key]

    async def test_close_writes_what_is_pending(self, store: Store, reopen: Reopen) -> None:
        puts = [asyncio.ensure_future(store.put(envelope(f"k{n}"))) for n in range(20)]
        await asyncio.sleep(0)  # they have been asked for
        await store.close()
        assert all([stored.new for stored in await asyncio.gather(*puts)])
        store = await reopen(store)
        assert len(await pending_keys(store)) == 20

    async def test_a_cancelled_caller_harms_nobody(self, store: Store) -> None:
        puts = [asyncio.ensure_future(store.put(envelope(f"k{n}"))) for n in range(10)]
        await asyncio.sleep(0)
        for put in puts[::2]:
            put.cancel()
        results = await asyncio.gather(*puts, return_exceptions=True)
        assert all(not isinstance(result, BaseException) for result in results[1::2])
        assert len(await pending_keys(store)) == 10

    async def test_prune_forgets_what_is_old(self, store: Store) -> None:
        began = time.time()
        for key in ("done", "dropped", "dead", "open"):
            await store.put(envelope(key))
        lease = await lease_on(store)
        await store.finish(lease, "done")
        await store.bury(lease, "dropped", error="boom")
        await store.bury(lease, "dead", error="boom")
        await store.drop(["dropped"])
        await store.save(session("open"))
        await store.save(session("ended"))
        await store.end(ref("ended").key, at=began)
        await store.put_token("s:1", {})
        assert await prune(store, done_before=began - 1, rest_before=began - 1) == 0
        assert await prune(store, done_before=began - 1, rest_before=LATER) == 1
        assert await store.get_token("s:1") is None
        assert await prune(store, done_before=LATER, rest_before=LATER) == 3
        assert await prune(store, done_before=LATER, rest_before=LATER) == 0
        assert (await store.put(envelope("done"))).new
        assert (await store.put(envelope("dropped"))).new
        assert [letter.key for letter in await store.dead_letters()] == ["dead"]
        assert await store.exists(ref("open").key)
        assert await pending_keys(store) == ["open", "done", "dropped"]

    async def test_prune_is_bounded(self, store: Store) -> None:
        lease = await lease_on(store)
        for n in range(4):
            await store.put(envelope(f"k{n}"))
            await store.finish(lease, f"k{n}")
            await store.save(session(str(n)))
            await store.end(ref(str(n)).key, at=1.0)
            await store.put_token(f"s:{n}", {})
        removed = []
        while count := await prune(store, done_before=LATER, rest_before=LATER, limit=5):
            removed.append(count)
        assert removed == [5, 5, 2]
