"""Reads frames of the gateway; of a frame that cannot be read, as much as can still be told. Pure.

Theory. An unreadable frame must not end the connection, because Discord would resume it with the very same frame, for
ever. What matters in such a frame is its sequence number: once it is named to Discord, the frame is never sent again.
The number is near one end of the frame, outside of the event's own data, so it can be found in a frame whose data
cannot be read.
"""

import re
from typing import Any, NamedTuple

from adapters import jsons
from adapters.fields import text
from adapters.jsons import NotJson

DISPATCH = 0
"""The opcode of a dispatch (Gateway opcodes)."""

# A string is one match, so that nothing in it is taken for structure; one without an end takes all that follows.
_TOKEN = re.compile(
    r'"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)(?:"|\\?\Z)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<colon>:)|(?P<number>\d{1,18})',
    re.DOTALL,
)


class Frame(NamedTuple):
    """The content of a gateway frame."""

    op: int
    name: str
    """The event's name; empty for a frame that is no event."""
    seq: int | None
    data: Any


def read(payload: str | bytes) -> Frame:
    """Return the frame. Raises ``NotJson`` for bytes that cannot be read."""
    found = jsons.loads(payload, mend=False)
    if type(found) is not dict:
        raise NotJson("not a JSON object")
    op, seq = found.get("op"), found.get("s")
    if type(op) is not int:
        raise NotJson("no opcode")
    if op == DISPATCH and type(seq) is not int:
        raise NotJson("an event without a sequence number")
    return Frame(op, text(found, "t"), seq if type(seq) is int else None, found.get("d"))


def remains(payload: str | bytes) -> Frame:
    """Return what can be told of an unreadable frame: opcode, name and sequence number, each where it is found. Makes
    one pass over the text, whatever is in it."""
    if isinstance(payload, bytes):
        payload = payload.decode("utf-8", "replace")
    depth, last, key = 0, "", ""
    found: dict[str, str] = {}
    for token in _TOKEN.finditer(payload):
        kind = token.lastgroup or ""
        if kind in ("open", "close"):
            depth += 1 if kind == "open" else -1
            key = ""
        elif depth == 1 and kind == "colon":
            key = last
        elif depth == 1:
            last = token[kind]
            if key:
                found.setdefault(key, last)
                key = ""
    seq, op = found.get("s", ""), found.get("op", "")
    return Frame(int(op) if op.isdigit() else DISPATCH, found.get("t", ""), int(seq) if seq.isdigit() else None, None)
