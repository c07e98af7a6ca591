"""Converts JSON to and from bytes: the one reader for every body that somebody else wrote. It raises nothing but
``NotJson``.

Half of a surrogate pair (models and clients cut texts anywhere) costs one character. Nesting is bounded, because code
that later walks through a body needs a Python frame or two per level, and the interpreter allows about a thousand.
"""

import json
from itertools import accumulate
from typing import Any, cast

import orjson

from adapters.fields import Json

MAX_DEPTH = 100
"""The deepest nesting of arrays and objects that is accepted. Slack's rich text, Discord's components and Adaptive
Cards stay below 30."""

_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""Brackets as signed bytes: 1 goes in, -1 comes out."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""The byte order mark that some clients write before their UTF-8; a reader may ignore it (RFC 8259, section 8.1)."""


class NotJson(ValueError):
    """Raised for bytes that cannot be used as JSON; the message says why and quotes nothing of them."""


class TooDeep(NotJson):
    """Raised for JSON that is nested deeper than ``MAX_DEPTH``."""

    def __init__(self) -> None:
        super().__init__(f"the JSON is nested deeper than {MAX_DEPTH} levels")


def dump(body: Json) -> bytes:
    """Encode a JSON object as bytes for sending."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def loads(raw: bytes | str, *, mend: bool = True) -> Any:
    """Decode JSON of any origin. Raises ``NotJson`` (``TooDeep`` for too much nesting), and without ``mend`` also for
    half of a surrogate pair."""
    data = raw.encode("utf-8", "replace") if isinstance(raw, str) else raw
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise TooDeep
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if not mend:
            raise NotJson(f"not JSON: {error}") from None
        return _mended(data, str(error))


def object_in(raw: bytes | str) -> dict[str, Any] | None:
    """Decode a JSON object; None if the bytes are no JSON object, or one nested deeper than ``MAX_DEPTH``."""
    try:
        found = loads(raw)
    except NotJson:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _depth(data: bytes) -> int:
    """Return how deep the brackets outside of strings are nested; for bytes that are no JSON the number means nothing.

    Each step is one pass of the standard library over the bytes: a megabyte of nothing but brackets costs less here
    than it would cost to parse.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(data.split(b'"')[::2]).translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(memoryview(outside).cast("b")), default=0)


def _mended(data: bytes, reason: str) -> Any:
    """Decode JSON that is valid by the letter but that orjson refuses."""
    if b"\\ud" not in data.lower():
        raise NotJson(f"not JSON: {reason}")
    try:
        return orjson.loads(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise NotJson(f"not JSON: {reason}") from None
