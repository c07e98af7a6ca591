"""Ids are UUIDs in the order of time, and the same for the same thing."""

import uuid

from gateway.runtime.ids import timed_id


def test_an_id_is_a_uuid_that_begins_with_the_time() -> None:
    id = uuid.UUID(made := timed_id(1_700_000_000.123, "slack:T1:1/7"))
    assert (str(id), id.version, id.variant) == (made, 8, uuid.RFC_4122)
    assert id.int >> 80 == 1_700_000_000_123
    assert made == timed_id(1_700_000_000.123, "slack:T1:1/7")


def test_ids_differ_by_what_they_stand_for_and_follow_one_another() -> None:
    assert len({timed_id(5.0, f"\ud800/{n}") for n in range(10_000)}) == 10_000
    assert timed_id(5.0, "z") < timed_id(5.001, "a") < timed_id(1e9, "a")
    uuid.UUID(timed_id(-1.0, ""))
