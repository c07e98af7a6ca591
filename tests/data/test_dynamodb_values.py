"""Attribute values of DynamoDB: what is read is what was written."""

import enum
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from gateway.data.dynamo.values import to_attribute, to_value
from gateway.data.values import clean

numbers = st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, min_value=-1e125, max_value=1e125).filter(
    lambda number: number == 0 or abs(number) > 1e-129
)
json = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
)


@given(json)
def test_json_comes_back(value: Any) -> None:
    assert to_value(to_attribute(value)) == clean(value)


@given(json)
def test_boto3_reads_what_is_written(value: Any) -> None:
    def plain(read: Any) -> Any:
        match read:
            case Decimal():
                return to_value({"N": str(read)})
            case dict():
                return {name: plain(each) for name, each in read.items()}
            case list():
                return [plain(each) for each in read]
            case _:
                return read

    assert plain(TypeDeserializer().deserialize(to_attribute(value))) == clean(value)


def test_subclasses_are_their_values() -> None:
    class Loud(float):
        def __repr__(self) -> str:
            return "loud!"

    class Level(enum.IntEnum):
        HIGH = 3

    assert [to_attribute(each) for each in (Loud(1.5), Level.HIGH)] == [{"N": "1.5"}, {"N": "3"}]
