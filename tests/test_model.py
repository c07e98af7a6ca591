"""The model's values: frozen, to JSON and back, and what makes two conversations the same."""

import dataclasses
from typing import Any, cast

import pytest
from pydantic import ValidationError

import gateway.model as model
from gateway.model import (
    ActionInvoked,
    Button,
    ConversationRef,
    FromUrl,
    Outgoing,
    OutgoingFile,
    Receipt,
    UserRef,
    from_json,
    to_json,
)

REF = ConversationRef(platform="slack", workspace="T", channel="C", thread="1.1", route={"user": "U"})
USER = UserRef(platform="slack", workspace="T", id="U")
PICTURE = OutgoingFile(kind="image", name="a.png", source=FromUrl(url="https://example.com/a.png"))


def test_every_value_is_frozen_and_has_no_room_for_more() -> None:
    values = [each for each in vars(model).values() if dataclasses.is_dataclass(each)]
    assert len(values) > 30
    for value in values:
        assert cast(Any, value).__dataclass_params__.frozen and "__slots__" in vars(value), value


@pytest.mark.parametrize(
    "value",
    [
        REF,
        ActionInvoked(ref=REF, user=USER, token="t", message_id="1.2"),
        Outgoing(text="x", buttons=(Button(token="t", label="l"),), files=(PICTURE,)),
        Receipt(to=REF, id="1.3", data={"files": {"F": "a.txt"}}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_json_and_back(value: object) -> None:
    assert from_json(type(value), to_json(value)) == value


def test_json_without_what_goes_without_saying() -> None:
    sparse = to_json(REF, sparse=True)
    assert sparse == {"platform": "slack", "workspace": "T", "channel": "C", "thread": "1.1", "route": {"user": "U"}}
    assert from_json(ConversationRef, sparse) == REF


def test_json_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValidationError):
        from_json(UserRef, {"platform": "slack", "workspace": "T", "id": ["U"]})
    with pytest.raises(ValidationError):
        from_json(OutgoingFile, {"name": "a", "source": {"source": "moon"}})


def test_a_conversation_is_its_key() -> None:
    assert REF.key == "slack:T:C:1.1"
    assert dataclasses.replace(REF, route={}) == REF
    assert dataclasses.replace(REF, thread="1.2").key == "slack:T:C:1.2"
    assert from_json(ConversationRef, to_json(REF)).key == REF.key


def test_parts_of_a_key_cannot_run_into_each_other() -> None:
    """Teams' ids are full of colons."""
    odd = ConversationRef(platform="teams", workspace="a:b", channel="c%3A", thread="d:e")
    assert odd.key == "teams:a%3Ab:c%253A:d%3Ae"
    assert odd != ConversationRef(platform="teams", workspace="a", channel="b:c%3A", thread="d:e")
