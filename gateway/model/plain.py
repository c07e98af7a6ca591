"""JSON of what a bot's author made: whatever is in it, it becomes JSON, and nothing is raised."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from gateway.model.text import storable

_DEPTH = 100
"""How deep lists and mappings lie inside one another at most; orjson takes 254."""
_COUNT = 100_000
"""Values that are taken over at most, so that a value that contains itself many times comes to an end."""
_BITS = 10_000
"""Bits of a number at most; Python writes 4,300 digits."""
_NUL = b"\\u0000"
"""How JSON has a NUL character, which PostgreSQL does not take."""
_REST = "…"
"""What stands for a value that is too deep, or beyond the count, or contains itself."""


def as_json(value: Any) -> bytes:
    """Return a value as JSON that every database takes. What JSON does not hold becomes text: an object of the author's
    own, half of a surrogate pair, a number of thousands of digits; what is too deep, or contains itself, becomes ``…``,
    a NUL character U+FFFD."""
    try:
        data = orjson.dumps(value)
        if _NUL not in data:
            return data
    except TypeError:
        pass
    return json.dumps(_Plain().of(value), ensure_ascii=False).encode()


def text_of(value: object) -> str:
    """Return text for any value; the name of its type where it cannot be made text (a number of 5,000 digits)."""
    try:
        return str(value)
    except Exception:  # whatever an object of the author's own raises
        return f"<{type(value).__name__}>"


class _Plain:
    """Makes values of what JSON holds."""

    def __init__(self) -> None:
        self._around: set[int] = set()
        """Which values the one that is being made lies in."""
        self._left = _COUNT

    def of(self, value: Any) -> Any:
        self._left -= 1
        match value:
            case None | bool():
                return value
            case int() if value.bit_length() <= _BITS:
                return int(value)
            case float():
                return float(value) if math.isfinite(value) else None
            case str():
                return storable(str(value))
            case Mapping() | list() | tuple():
                return self._inside(cast(Mapping[Any, Any] | Sequence[Any], value))
            case _:
                return storable(text_of(value))

    def _inside(self, value: Mapping[Any, Any] | Sequence[Any]) -> Any:
        if id(value) in self._around or len(self._around) == _DEPTH or self._left < 0:
            return _REST
        self._around.add(id(value))
        try:
            if isinstance(value, Mapping):
                return {storable(text_of(key)): self.of(each) for key, each in value.items()}
            return [self.of(each) for each in value]
        except Exception:  # whatever a mapping of the author's own raises
            return _REST
        finally:
            self._around.remove(id(value))
