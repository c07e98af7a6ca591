"""JSON to and from bytes: the one reader for every body somebody else wrote. It never raises anything but ``NotJson``.

Half of a surrogate pair (models and clients cut texts anywhere) costs one character. Nesting is bounded, because what
walks through a body later does so with a Python frame or two per level, and the interpreter has about a thousand.
"""

import json
from itertools import accumulate
from typing import Any, cast

import orjson

from adapters.fields import Json

MAX_DEPTH = 100
"""Arrays and objects within one another. Slack's rich text, Discord's components and Adaptive Cards stay below 30."""

_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""Brackets as signed bytes: 1 goes in, -1 comes out."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some clients write one before their UTF-8, and a reader may overlook it (RFC 8259, section 8.1)."""


class NotJson(ValueError):
    """The bytes are not JSON that can be worked with; the text says why and quotes nothing of them."""


class TooDeep(NotJson):
    """The JSON is nested deeper than ``MAX_DEPTH``."""

    def __init__(self) -> None:
        super().__init__(f"the JSON is nested deeper than {MAX_DEPTH} levels")


def dump(body: Json) -> bytes:
    """The bytes of what is sent."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def loads(raw: bytes | str, *, mend: bool = True) -> Any:
    """The value in JSON of any origin. Raises ``NotJson``, or ``TooDeep`` which is one, and without ``mend`` also for
    half of a surrogate pair."""
    data = raw.encode("utf-8", "replace") if isinstance(raw, str) else raw
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise TooDeep
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if not mend:
            raise NotJson(f"not JSON: {error.msg}") from None
        return _mended(data, error.msg)


def object_in(raw: bytes | str) -> dict[str, Any] | None:
    """The JSON object; None if it is none, or nested too deep to be anybody's."""
    try:
        found = loads(raw)
    except NotJson:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _depth(data: bytes) -> int:
    """How deep the brackets outside of strings are nested; for what is no JSON some number. Each step is one pass of
    the standard library over the bytes; a megabyte of nothing but brackets costs less here than to be parsed."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(data.split(b'"')[::2]).translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(memoryview(outside).cast("b")), default=0)


def _mended(data: bytes, reason: str) -> Any:
    """What orjson refuses, though it is JSON by the letter."""
    if b"\\ud" not in data.lower():
        raise NotJson(f"not JSON: {reason}")
    try:
        return orjson.loads(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise NotJson(f"not JSON: {reason}") from None
