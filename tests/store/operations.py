"""What every store has to show operators: one test per sentence of ``gateway.ports.operations``."""

import pytest

from gateway.model import FeedbackRecord
from gateway.ports import DayOfFeedback, InboxSize, Store
from tests.store.contract import ADA, Reopen, bury, effect, envelope, lease_on, ref, session


class OperationsContract:
    """Inherit it, and provide ``store`` and ``reopen``."""

    async def test_the_size_of_the_inbox_counts_what_is_open_and_what_was_given_up(self, store: Store) -> None:
        assert await store.inbox_size() == InboxSize(open=0, failing=0, oldest=None, dead=0)
        for n in range(3):
            await store.put(envelope(f"k{n}", at=5.0 + n))
        await store.finish(await lease_on(store), "k0")
        await store.fail(await lease_on(store), "k1", error="boom", not_before=0)
        await bury(store, "dead")
        assert await store.inbox_size() == InboxSize(open=2, failing=1, oldest=6.0, dead=1)

    async def test_an_open_delivery_is_shown_without_what_is_in_it(self, store: Store) -> None:
        await store.put(envelope("k", text="a secret"), person=ADA.key)
        lease = await lease_on(store)
        await store.start(lease, "k")
        [entry] = (await store.open_deliveries(limit=10)).entries
        assert (entry.key, entry.conversation, entry.person) == ("k", ref().key, ADA.key)
        assert (entry.state, entry.started, entry.received_at, entry.closed_at) == ("open", True, 5.5, None)
        assert "a secret" not in repr(entry)
        await store.fail(lease, "k", error="boom", not_before=9.5)
        [entry] = (await store.open_deliveries(limit=10)).entries
        assert (entry.attempts, entry.error) == (1, "boom")
        assert abs(entry.not_before - 9.5) < 5  # by the database's clock

    async def test_open_deliveries_come_in_pages_oldest_first(self, store: Store) -> None:
        for n in range(5):
            await store.put(envelope(f"k{n}", thread=str(n % 2)))
        keys: list[str] = []
        cursor = None
        for size in (2, 2, 1):
            page = await store.open_deliveries(limit=2, cursor=cursor)
            assert len(page.entries) == size
            keys += [entry.key for entry in page.entries]
            cursor = page.cursor
        assert (keys, cursor) == ([f"k{n}" for n in range(5)], None)
        of_one = await store.open_deliveries(conversation=ref("0").key, limit=2)
        assert [entry.key for entry in of_one.entries] == ["k0", "k2"]
        rest = await store.open_deliveries(conversation=ref("0").key, limit=2, cursor=of_one.cursor)
        assert ([entry.key for entry in rest.entries], rest.cursor) == (["k4"], None)

    async def test_dead_letters_come_in_pages_newest_first(self, store: Store) -> None:
        for n in range(3):
            await bury(store, f"k{n}", error=f"boom {n}")
        first = await store.given_up(limit=2)
        assert [(entry.key, entry.error) for entry in first.entries] == [("k2", "boom 2"), ("k1", "boom 1")]
        rest = await store.given_up(limit=2, cursor=first.cursor)
        assert ([entry.key for entry in rest.entries], rest.cursor) == (["k0"], None)
        assert all(entry.state == "dead" and entry.closed_at for entry in (*first.entries, *rest.entries))
        assert len((await store.given_up(conversation=ref().key, limit=9)).entries) == 3
        assert (await store.given_up(conversation="elsewhere", limit=9)).entries == []

    @pytest.mark.parametrize("cursor", ["", "x", "bm9uc2Vuc2U", "W10", "é"])
    async def test_a_cursor_of_another_list_is_refused(self, store: Store, cursor: str) -> None:
        for n in range(2):
            await bury(store, f"k{n}")
        foreign = (await store.given_up(limit=1)).cursor
        assert foreign is not None
        for each in (cursor, foreign):
            with pytest.raises(ValueError, match="cursor"):
                await store.open_deliveries(limit=1, cursor=each)
            with pytest.raises(ValueError, match="cursor"):
                await store.open_sessions(limit=1, cursor=each)

    async def test_a_delivery_is_found_whatever_became_of_it(self, store: Store) -> None:
        await store.put(envelope("done"))
        await store.finish(await lease_on(store), "done")
        await bury(store, "dead")
        await store.put(envelope("open"))
        found = [await store.delivery(ref().key, key) for key in ("done", "dead", "open", "none")]
        assert [entry and entry.state for entry in found] == ["done", "dead", "open", None]
        assert await store.delivery("elsewhere", "open") is None

    async def test_the_journal_of_an_unfinished_turn_is_shown(self, store: Store) -> None:
        await store.put(envelope("k"))
        effects = [effect("k", n, receipts=[{"id": str(n)}]) for n in range(2)]
        await store.record(await lease_on(store), effects)
        assert await store.journal_of(ref().key, "k") == effects
        assert await store.journal_of(ref().key, "other") == []

    async def test_open_sessions_come_in_pages_the_one_used_last_first(self, store: Store) -> None:
        for n in range(3):
            await store.save(session(str(n), at=10.0 + n, data={"secret": "value"}))
        await store.save(session("over"))
        await store.end(ref("over").key, at=11)
        first = await store.open_sessions(limit=2)
        rest = await store.open_sessions(limit=2, cursor=first.cursor)
        assert [each.conversation for each in (*first.sessions, *rest.sessions)] == [ref(n).key for n in "210"]
        assert rest.cursor is None
        assert (first.sessions[0].user, first.sessions[0].last_at) == (ADA, 12.0)
        assert await store.open_session(ref("2").key) == first.sessions[0]
        assert await store.open_session(ref("over").key) is None

    async def test_thumbs_are_counted_by_day(self, store: Store, reopen: Reopen) -> None:
        days = (1_000_000_000.0, 1_000_000_100.0, 1_000_100_000.0)
        values = (1, 0, 1)
        await store.change_records(
            [
                FeedbackRecord(str(n), f"step{n}", "t", ADA.key, value, None, at)  # type: ignore[arg-type]
                for n, (at, value) in enumerate(zip(days, values, strict=True))
            ]
        )
        store = await reopen(store)
        assert await store.feedback_by_day(since="2001-09-09") == [
            DayOfFeedback("2001-09-09", 1, 1),
            DayOfFeedback("2001-09-10", 1, 0),
        ]
        assert await store.feedback_by_day(since="2001-09-10") == [DayOfFeedback("2001-09-10", 1, 0)]
