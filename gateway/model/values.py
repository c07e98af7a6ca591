"""Values to JSON and back.

The values themselves are frozen dataclasses: several are made for every event and some are kept as long as its
conversation is in memory, where a pydantic model takes four times the room (its ``__dict__``, its set of fields). What
is made in code is checked by the type checker; what is read from JSON is checked by pydantic, here.
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(value: object, *, sparse: bool = False) -> Any:
    """What JSON can hold of a value, in which ``from_json`` finds it again. ``sparse`` leaves out the fields that are
    at their defaults, and with them what tells the members of a union apart."""
    return _reader(type(value)).dump_python(value, mode="json", exclude_defaults=sparse)


def from_json(kind: type[T], data: object) -> T:
    """The value. Raises ``pydantic.ValidationError``, a ``ValueError``, for what is none of this kind."""
    value: T = _reader(kind).validate_python(data)
    return value


_readers: dict[type[Any], TypeAdapter[Any]] = {}


def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    # Made when it is first needed: most kinds never are, and each costs a start a millisecond.
    reader = _readers.get(kind)
    if reader is None:
        reader = _readers[kind] = TypeAdapter(kind)
    return reader
