"""JSON to and from bytes. Half of a surrogate pair (models and clients cut texts anywhere) costs one character."""

import json
from typing import Any

import orjson

from adapters.fields import Json


def dump(body: Json) -> bytes:
    """The bytes of what is sent."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def object_in(raw: bytes) -> dict[str, Any] | None:
    """The JSON object; None if it is none."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found = _mended(raw)
    return found if isinstance(found, dict) else None


def _mended(raw: bytes) -> Any:
    """What orjson refuses, though it is JSON by the letter."""
    if b"\\ud" not in raw.lower():
        return None
    try:
        return orjson.loads(json.dumps(json.loads(raw), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
