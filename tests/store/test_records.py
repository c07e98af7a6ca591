"""Every record of history comes back from the outbox as it was."""

from typing import get_args

import orjson
import pytest

from gateway.model import (
    ConversationRef,
    ElementRecord,
    FeedbackRecord,
    Record,
    Removed,
    StepEdited,
    StepRecord,
    ThreadNamed,
    ThreadRecord,
    UserRecord,
)
from gateway.store.core.records import dump_records, load_records

REF = ConversationRef(platform="slack", workspace="T1", channel="C1", thread="1.1", kind="dm", route={"reply_to": "1"})
STEP = StepRecord(
    id="s", thread="t", user="slack:T1:U1", name="look", type="tool", created_at=5.25, output="there", input="where",
    parent="p", start="2026-01-01T00:00:00Z", end="2026-01-01T00:00:01Z", is_error=True, metadata={"a": [1, None]},
    tags=("x", "y"), command="search", language="sql", show_input="json", default_open=True, auto_collapse=True,
    generation={"model": "m", "tokenCount": 7},
)  # fmt: skip
RECORDS: list[Record] = [
    UserRecord("slack:T1:U1", {"email": "ada@example.com"}, 1.5),
    ThreadRecord("t", REF, "slack:T1:U1", "Hello", {"client_type": "slack"}, 1.5, 2.5),
    ThreadNamed("t", "Another"),
    STEP,
    StepRecord("s2", "t", "", "bot", "assistant_message", 6.0),
    StepEdited("s", "changed"),
    ElementRecord("e", "t", "slack:T1:U1", "file", "a.txt", "s", "text/plain", "inline", "https://x.example", "k",
                  "large", "sql", 3, {"n": 1}),
    FeedbackRecord("f", "s", "t", "slack:T1:U1", 1, "thanks", 7.0),
    Removed("step", "s"),
]  # fmt: skip


def test_there_is_one_of_each_kind() -> None:
    assert {type(record) for record in RECORDS} == set(get_args(Record))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_it_comes_back_as_it_was(record: Record) -> None:
    [back] = load_records(dump_records([record]))
    assert back == record
    assert type(back) is type(record)


def test_the_reference_comes_back_with_its_route() -> None:
    [back] = load_records(dump_records([RECORDS[1]]))
    assert isinstance(back, ThreadRecord)
    assert (back.ref.route, back.ref.kind) == (REF.route, "dm")


def test_fields_of_another_version_are_left_out_or_have_their_defaults() -> None:
    [[name, values]] = orjson.loads(dump_records([STEP]))
    values["invented"] = 1
    del values["tags"]
    assert load_records(orjson.dumps([[name, values]])) == [STEP._replace(tags=None)]
