"""Conversion of the model's values to JSON and back.

The values are frozen dataclasses: several are made for every event and some are kept as long as its conversation is
in memory, where a pydantic model takes four times the memory (its ``__dict__``, its set of fields). The type checker
checks values made in code; pydantic checks, here, those read from JSON.
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(value: object, *, sparse: bool = False) -> Any:
    """Return the value as JSON, from which ``from_json`` makes it again. ``sparse`` leaves out the fields at their
    defaults, and with them what tells the members of a union apart."""
    return _reader(type(value)).dump_python(value, mode="json", exclude_defaults=sparse)


def from_json(kind: type[T], data: object) -> T:
    """Return the value of this kind that the JSON describes. Raises ``pydantic.ValidationError`` (a ``ValueError``) for
    JSON that describes none."""
    value: T = _reader(kind).validate_python(data)
    return value


_readers: dict[type[Any], TypeAdapter[Any]] = {}


def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    # Made when it is first needed: most kinds never are, and each costs a start a millisecond.
    reader = _readers.get(kind)
    if reader is None:
        reader = _readers[kind] = TypeAdapter(kind)
    return reader
