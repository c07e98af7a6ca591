"""What every store has to do about people's rights: one test per sentence of ``gateway.ports.rights``."""

import time
from collections.abc import Mapping
from typing import Any

from gateway.model import (
    ElementRecord,
    FeedbackRecord,
    Record,
    StepRecord,
    ThreadRecord,
    UserRecord,
    UserRef,
)
from gateway.ports import ANEW, PEOPLE, Erased, Outcome, SessionRecord, Store
from tests.store.contract import (
    ADA,
    LATER,
    bury,
    effect,
    envelope,
    lease_on,
    pending_keys,
    ref,
    session,
)

GRACE = UserRef(platform="slack", workspace="T1", id="U2", name="Grace")
NOW = 1_700_000_000.0


def thread(name: str, user: UserRef, *, title: str = "a title", at: float = NOW) -> ThreadRecord:
    return ThreadRecord(f"id of {name}", ref(name), user.key, title, {"client_type": "slack", "mine": 1}, at, at)


def said(name: str, user: UserRef, text: str, *, number: int = 0, type: str = "user_message") -> StepRecord:
    id = f"{name}/{user.id}/{type}/{number}"
    return StepRecord(id, f"id of {name}", user.key, user.name or "", type, NOW + number, output=text)


def shown(name: str, user: UserRef, key: str) -> ElementRecord:
    return ElementRecord(f"element {key}", f"id of {name}", user.key, "file", "a.txt", object_key=key)


def rated(step: StepRecord, user: UserRef) -> FeedbackRecord:
    return FeedbackRecord(f"{step.id}/{user.id}", step.id, step.thread, user.key, 1, "fine", NOW)


def met(user: UserRef) -> UserRecord:
    return UserRecord(user.key, {"email": f"{user.name}@example.com"}, NOW)


async def keep(store: Store, *records: Record, name: str = "1.1", left: SessionRecord | None = None) -> None:
    """Store what a turn leaves."""
    key = f"slack:T1:C1:{name}:{records[0]!r}"[:200]
    await store.put(envelope(key, thread=name))
    await store.finish(await lease_on(store, name), key, Outcome(session=left, records=records))


async def erase(store: Store, user: UserRef = ADA, *, before: float = LATER) -> Erased:
    return await store.erase(user.key, await store.traces(user.key), before=before)


async def read(store: Store, name: str = "1.1") -> Any:
    return await store.thread(f"id of {name}", limit=10_000, characters=10_000_000)


async def outputs(store: Store, name: str) -> list[str]:
    found = await read(store, name)
    return [] if found is None else [step["output"] for step in found["steps"]]


def of(*people: UserRef, name: str = "1.1", values: Mapping[str, Any] | None = None) -> SessionRecord:
    return session(name, data={PEOPLE: [user.key for user in people], **(values or {"words": "of Ada"})})._replace(
        user=people[0]
    )


class RightsStoreContract:
    """Inherit it, and provide ``store``."""

    async def test_of_a_stranger_there_are_no_traces(self, store: Store) -> None:
        await keep(store, met(GRACE), thread("1.1", GRACE), said("1.1", GRACE, "hi"), left=of(GRACE))
        assert not await store.traces(ADA.key)
        assert await erase(store) == Erased()
        assert await outputs(store, "1.1") == ["hi"]

    async def test_traces_say_what_only_the_person_was_in(self, store: Store) -> None:
        await keep(store, met(ADA), thread("1.1", ADA), said("1.1", ADA, "one"), left=of(ADA))
        await keep(store, thread("2.2", ADA), said("2.2", ADA, "two"), said("2.2", GRACE, "three"), name="2.2")
        await keep(store, thread("3.3", GRACE), said("3.3", GRACE, "four"), said("3.3", ADA, "five"), name="3.3")
        await keep(store, thread("4.4", GRACE), said("4.4", GRACE, "six"), name="4.4")
        traces = await store.traces(ADA.key)
        assert list(traces.own) == ["id of 1.1"]
        assert sorted(traces.shared) == ["id of 2.2", "id of 3.3"]
        assert traces.conversations == {ref("1.1").key: True, ref("2.2").key: False, ref("3.3").key: False}
        assert traces.rows == 1

    async def test_feedback_alone_is_a_trace(self, store: Store) -> None:
        answer = said("1.1", GRACE, "an answer", type="assistant_message")
        await keep(store, thread("1.1", GRACE), answer, rated(answer, ADA))
        assert list((await store.traces(ADA.key)).shared) == ["id of 1.1"]
        assert (await erase(store)).feedbacks == 1
        assert await outputs(store, "1.1") == ["an answer"]

    async def test_a_session_is_a_trace_where_no_history_is_kept(self, store: Store) -> None:
        await store.save(of(ADA))
        await store.save(of(GRACE, ADA, name="2.2"))
        await store.save(of(GRACE, name="3.3"))
        traces = await store.traces(ADA.key)
        assert (list(traces.own), list(traces.shared)) == (["id of 1.1"], ["id of 2.2"])

    async def test_who_has_the_same_id_in_another_workspace_is_another(self, store: Store) -> None:
        other = UserRef(platform="slack", workspace="T9", id=ADA.id, name="Ada")
        await store.save(of(ADA))
        assert not await store.traces(other.key)

    async def test_words_of_others_stay_and_their_session_begins_anew(self, store: Store) -> None:
        mine, theirs = said("1.1", ADA, "mine"), said("1.1", GRACE, "theirs", number=1)
        await keep(store, met(ADA), met(GRACE), thread("1.1", ADA, title="mine"), mine, left=of(ADA, GRACE))
        await keep(store, theirs, rated(theirs, GRACE), rated(mine, GRACE), shown("1.1", ADA, "k"), name="1.1")
        traces = await store.traces(ADA.key)
        assert await store.object_keys(ADA.key, traces) == ["k"]
        assert await erase(store) == Erased(threads=0, steps=1, elements=1, feedbacks=1)
        found = await read(store)
        assert found is not None
        assert [step["output"] for step in found["steps"]] == ["theirs"]
        assert (found["name"], found["userIdentifier"]) == (None, None)
        assert "mine" not in str(found["metadata"])
        left = await store.load(ref().key)
        assert left is not None and (left.id, left.user, left.data) == ("id of 1.1", None, {ANEW: True})

    async def test_the_title_another_person_gave_stays(self, store: Store) -> None:
        first, second = said("1.1", GRACE, "first"), said("1.1", ADA, "second", number=1)
        await keep(store, thread("1.1", GRACE, title="first"), first, second)
        await erase(store)
        found = await read(store)
        assert found is not None and (found["name"], found["userIdentifier"]) == ("first", GRACE.key)

    async def test_what_was_only_theirs_goes_whole(self, store: Store) -> None:
        await keep(store, met(ADA), thread("1.1", ADA), said("1.1", ADA, "mine"), left=of(ADA))
        await store.put_message(f"m:{ref().key}:x", {"message": "words"})
        await store.put_message(f"m:{ref('1.12').key}:x", {"message": "of another conversation"})
        await store.put_token("s:1", {"conversation": ref().key, "token": {}})
        await store.put_token("s:2", {"conversation": ref("1.12").key, "token": {}})
        await store.put_value("gateway", f"settings:{ADA.key}", {"values": {"name": "Ada"}})
        assert (await erase(store)).threads == 1
        assert await read(store) is None and await store.load(ref().key) is None
        assert await store.get_message(f"m:{ref().key}:x") is None and await store.get_token("s:1") is None
        assert await store.get_message(f"m:{ref('1.12').key}:x") and await store.get_token("s:2")
        assert await store.get_value("gateway", f"settings:{ADA.key}") is None
        assert not await store.traces(ADA.key)

    async def test_deliveries_that_wait_are_closed_but_not_those_that_came_later(self, store: Store) -> None:
        await store.put(envelope("old", at=10.0), person=ADA.key)
        await store.put(envelope("of Grace", at=10.0), person=GRACE.key)
        await store.put(envelope("new", at=20.0), person=ADA.key)
        await store.record(await lease_on(store), [effect("old", text="words")])
        await erase(store, before=15.0)
        assert await pending_keys(store) == ["of Grace", "new"]
        assert await store.effects(ref().key, "old") == []
        assert not (await store.put(envelope("old"))).new

    async def test_dead_letters_go_too(self, store: Store) -> None:
        await store.put(envelope("dead"), person=ADA.key)
        await store.bury(await lease_on(store), "dead", error="words in it")
        await bury(store, "of nobody")
        await erase(store)
        assert [letter.key for letter in await store.dead_letters()] == ["of nobody"]

    async def test_the_delivery_of_an_older_gateway_is_known_by_its_body(self, store: Store) -> None:
        old = envelope("old")
        old.body["user"] = ADA.id
        await store.put(old)
        await store.put(envelope("of somebody"))
        await erase(store)
        assert await pending_keys(store) == ["of somebody"]

    async def test_what_waits_for_a_data_layer_elsewhere_loses_what_is_theirs(self, store: Store) -> None:
        await store.put(envelope("a"))
        other = thread("1.1", GRACE, title="mine")
        records = (met(ADA), thread("1.1", ADA), said("1.1", ADA, "mine"), said("1.1", GRACE, "theirs"), other)
        await store.finish(await lease_on(store), "a", Outcome(session=of(ADA, GRACE), outbox=records))
        await erase(store)
        (item,) = await store.due(now=LATER, limit=10)
        assert list(item.records) == [records[3], other._replace(name=None)]

    async def test_an_erasure_that_was_cut_off_is_finished_by_the_next(self, store: Store) -> None:
        steps = [said("1.1", ADA, f"mine {number}", number=number) for number in range(1_200)]
        await keep(store, met(ADA), thread("1.1", ADA), *steps, left=of(ADA))
        await keep(store, thread("2.2", GRACE), said("2.2", GRACE, "x"), said("2.2", ADA, "y"), name="2.2")
        traces = await store.traces(ADA.key)
        half = traces._replace(conversations={}, own=[], shared=traces.shared)
        await store.erase(ADA.key, half, before=LATER)  # as far as a crash let it come
        assert await read(store) is not None
        await erase(store)
        assert not await store.traces(ADA.key)
        assert await outputs(store, "2.2") == ["x"]

    async def test_scrubbing_empties_what_was_deleted(self, store: Store) -> None:
        await keep(store, met(ADA), thread("1.1", ADA), said("1.1", ADA, "mine"))
        await erase(store)
        assert await store.scrub(rewrite=True) and await store.scrub(rewrite=False)

    # Expiry

    async def test_threads_expire_that_nobody_used(self, store: Store) -> None:
        await keep(store, met(ADA), thread("1.1", ADA), said("1.1", ADA, "old"), shown("1.1", ADA, "k"), left=of(ADA))
        await keep(store, thread("2.2", GRACE, at=NOW + 100), said("2.2", GRACE, "new"), name="2.2")
        batch = await store.expire(before=NOW + 50)
        assert (batch.erased, list(batch.threads), list(batch.object_keys)) == (
            Erased(1, 1, 1, 0),
            ["id of 1.1"],
            ["k"],
        )
        assert not (await store.expire(before=NOW + 50)).more
        assert await read(store) is None and await outputs(store, "2.2") == ["new"]
        assert not await store.traces(ADA.key), "neither the session nor the person is left"

    async def test_a_person_stays_who_is_in_another_thread(self, store: Store) -> None:
        await keep(store, met(ADA), thread("1.1", ADA), said("1.1", ADA, "old"))
        await keep(store, thread("2.2", GRACE, at=NOW + 100), said("2.2", ADA, "new"), name="2.2")
        await store.expire(before=NOW + 50)
        assert (await store.traces(ADA.key)).rows == 1

    async def test_people_go_who_only_rated_what_expired(self, store: Store) -> None:
        answer = said("1.1", GRACE, "an answer", type="assistant_message")
        await keep(store, met(ADA), met(GRACE), thread("1.1", GRACE), answer, rated(answer, ADA))
        await store.expire(before=LATER)
        assert [(await store.traces(user.key)).rows for user in (ADA, GRACE)] == [0, 0]

    async def test_a_thread_whose_turn_waits_does_not_expire(self, store: Store) -> None:
        await keep(store, thread("1.1", ADA), said("1.1", ADA, "asked"), left=of(ADA))
        await store.put(envelope("waits"))
        assert (await store.expire(before=LATER)).erased == Erased()
        assert await store.load(ref().key) is not None
        await store.finish(await lease_on(store), "waits")
        assert (await store.expire(before=LATER)).erased.threads == 1

    async def test_batches_are_bounded(self, store: Store) -> None:
        await keep(store, thread("1.1", ADA), *(said("1.1", ADA, "x", number=number) for number in range(25)))
        sizes = []
        while (batch := await store.expire(before=LATER, limit=10)).more:
            sizes.append((batch.erased.steps, batch.erased.threads))
        assert sizes == [(10, 0), (10, 0), (5, 1)]

    async def test_dead_letters_and_settings_expire(self, store: Store) -> None:
        await bury(store, "dead")
        await store.put_value("gateway", f"settings:{ADA.key}", {"values": {}})
        await store.put_value("gateway", "seal", {"key": "stays"})
        await store.expire(before=time.time() + 1)
        assert await store.dead_letters() == []
        assert await store.get_value("gateway", f"settings:{ADA.key}") is None
        assert await store.get_value("gateway", "seal") == {"key": "stays"}

    # Requests and audit

    async def test_the_audit_has_the_newest_lines_oldest_first(self, store: Store) -> None:
        await store.note("exported", "a", {"threads": 1})
        await store.note("erased", "b", {"threads": 2})
        await store.note("expired", None, {"threads": 3})
        assert [(line.action, line.subject) for line in await store.audit(limit=2)] == [
            ("erased", "b"),
            ("expired", None),
        ]
        (line,) = await store.audit(subject="a")
        assert line.details == {"threads": 1} and line.at.endswith("Z")
