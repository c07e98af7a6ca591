"""Reads fields of untrusted JSON: a missing or oddly typed field reads as an empty value and never raises.

Each function reads one level, as in ``text(obj(body, "user"), "id")``: a few dozen fields are read of every event, and
a function with a fixed number of arguments is called in half the time.
"""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
"""A JSON object whose shape is not trusted."""
_EMPTY: Json = {}


# ``dict`` and not ``Mapping`` below: JSON objects are dicts, and the check of the ABC costs ten times as much.


def obj(body: Json, key: str) -> Json:
    """Return the object under a key; an empty object if there is none."""
    value = body.get(key)
    return value if isinstance(value, dict) else _EMPTY


def text(body: Json, key: str) -> str:
    """Return the string under a key; an empty string if there is none."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def items(body: Json, key: str) -> list[Json]:
    """Return the objects in the list under a key; anything else in the list is left out."""
    value = body.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
