"""Every value comes back from its row as it was, whatever it holds."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import ConversationRef, Envelope, UserRef, to_json
from gateway.ports import DeadLetter, Delivery, EffectRecord, SessionRecord
from gateway.store.core import codec

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.floats(min_value=0, max_value=4e9)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(text, values, max_size=4)
refs = st.builds(
    ConversationRef,
    platform=text,
    workspace=text,
    channel=text,
    thread=st.none() | text,
    kind=st.sampled_from(["thread", "dm", "group"]),
    route=st.dictionaries(text, text, max_size=3),
)
users = st.builds(UserRef, platform=text, workspace=text, id=text, name=st.none() | text)
sessions = st.builds(
    SessionRecord, id=text, ref=refs, user=st.none() | users, data=bodies, started_at=times, last_at=times
)
effects = st.builds(
    EffectRecord,
    delivery=text,
    ordinal=st.integers(0, 2**31),
    kind=st.sampled_from(["message", "ask", "once"]),
    body=bodies,
)


def fields(value: Any) -> Any:
    """All fields: refs are equal by their keys alone."""
    if dataclasses.is_dataclass(value):
        return to_json(value)
    return [fields(each) for each in value] if isinstance(value, tuple) else value


@given(refs)
def test_refs(ref: ConversationRef) -> None:
    assert fields(codec.load_ref(codec.dump_ref(ref))) == fields(ref)


@given(users)
def test_users(user: UserRef) -> None:
    assert codec.load_user(codec.dump_user(user)) == user


@given(sessions)
def test_sessions(session: SessionRecord) -> None:
    row = codec.session_row(session)
    assert row[0] == session.ref.key
    assert fields(codec.load_session(row)) == fields(session)


@given(effects)
def test_effects(effect: EffectRecord) -> None:
    assert codec.load_effect(codec.effect_row(effect)) == effect


@given(refs, bodies, st.none() | bodies, st.booleans())
def test_deliveries(ref: ConversationRef, body: dict[str, Any], twin: dict[str, Any] | None, revived: bool) -> None:
    delivery = Delivery(
        seq=7,
        envelope=Envelope(key="k", ref=ref, body=body, received_at=1.5),
        attempts=2,
        interrupted=3,
        revived=revived,
        twin=twin,
    )
    more = None if twin is None else codec.dumps_foreign(twin)
    row = (7, "k", codec.dump_ref(ref), codec.dumps_foreign(body), more, 1.5, 2, 3, int(revived))
    assert fields(codec.load_delivery(row)) == fields(delivery)


def test_dead_letters() -> None:
    letter = DeadLetter(key="k", conversation="c", received_at=1.5, attempts=3, error="boom")
    assert codec.load_dead_letter(("k", "c", 1.5, 3, "boom")) == letter


def test_every_field_has_its_place() -> None:
    """A field added to a model and not to the codec would be lost without a word."""
    models: dict[type[Any], str] = {
        ConversationRef: "platform workspace channel thread kind route key",
        UserRef: "platform workspace id name",
        Envelope: "key ref body received_at",
    }
    assert {model: " ".join(each.name for each in dataclasses.fields(model)) for model in models} == models
    records: dict[type[tuple[Any, ...]], str] = {
        Delivery: "seq envelope attempts interrupted revived twin",
        SessionRecord: "id ref user data started_at last_at",
        EffectRecord: "delivery ordinal kind body",
        DeadLetter: "key conversation received_at attempts error",
    }
    assert {record: " ".join(record.__annotations__) for record in records} == records


@pytest.mark.parametrize("value", ["\ud83d", 2**64, -(2**70), [{"x": "\udc00"}]])
def test_json_the_fast_encoder_refuses(value: Any) -> None:
    assert codec.loads(codec.dumps_foreign({"value": value})) == {"value": value}


def test_an_answer_is_stored_whatever_is_in_it() -> None:
    effect = EffectRecord(delivery="d", ordinal=1, kind="ask", body={"answer": {"text": "half \ud83d", "big": 2**70}})
    assert codec.load_effect(codec.effect_row(effect)) == effect


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {1}}, {"a": b"x"}, {"a": object()}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        codec.dumps(value)
