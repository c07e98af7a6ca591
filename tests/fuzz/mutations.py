"""Changes a JSON value in the ways that break readers: fields gone, of another type, huge, deep, doubled, of no text.

Where the choices come from is the caller's: hypothesis draws and shrinks them, atheris reads them from bytes it steers.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any, Protocol

Path = tuple[str | int, ...]


class Choices(Protocol):
    """Where choices come from."""

    def below(self, count: int) -> int:
        """Return a number from 0 to ``count - 1``."""
        ...


HUGE = "x" * 70_000
"""A text longer than any field of a platform."""


def deep(levels: int) -> Any:
    """A value nested so many levels deep."""
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**64), 10**400, 1e308, 0.5, -0.0, "", " ", "0", "-1",
    "null", "\x00", "a\x00b", "\ud800", "a\udfffb", "\u202e", "\ufeff", "é" * 400, "👩‍👩‍👧‍👦", "\r\n\r\nX: y",
    "../../etc/passwd", "%00%2e%2e", "<script>", "{{7*7}}", "' OR 1=1 --", "<@U0BOT>", "<!channel>",
    "<" * 3_000, "*_~`" * 800,
    "http://127.0.0.1:1/", "file:///etc/passwd", "javascript:1", "1" * 5_000, HUGE,
    [], {}, [[]], [{}], [None], {"": ""}, {"type": None}, {"id": {}}, [0] * 2_000,
    [{"id": str(n)} for n in range(300)], deep(60), deep(110), deep(220),
)  # fmt: skip
"""What nobody sends who follows a platform's documents."""


def paths(data: Any, here: Path = ()) -> Iterator[Path]:
    """Yield where there is something in a payload, the outermost first."""
    level: list[tuple[Path, Any]] = [(here, data)]
    while level:
        following: list[tuple[Path, Any]] = []
        for at, value in level:
            yield at
            inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            following += [((*at, key), each) for key, each in inner]
        level = following


def mutated(data: Any, choices: Choices, *, most: int = 4) -> Any:
    """Return a copy with up to ``most`` changes."""
    data = copy.deepcopy(data)
    for _ in range(1 + choices.below(most)):
        data = _changed(data, choices)
    return data


def _changed(data: Any, choices: Choices) -> Any:
    known = [each for _, each in zip(range(600), paths(data), strict=False)]
    path = known[choices.below(len(known))]
    if not path:
        return data if choices.below(8) else copy.deepcopy(ODD[choices.below(len(ODD))])
    *way, last = path
    holder = data
    for key in way:
        holder = holder[key]
    match choices.below(7):
        case 0:
            del holder[last]
        case 1:
            holder[last] = [holder[last]]
        case 2:
            holder[last] = {str(last): holder[last]}
        case 3:  # what stands elsewhere in the payload
            other = data
            for key in known[choices.below(len(known))]:
                other = other[key]
            holder[last] = copy.deepcopy(other)
        case 4 if isinstance(holder, dict):  # under another name
            names = [str(each[-1]) for each in known if each]
            holder[names[choices.below(len(names))]] = holder.pop(last)
        case _:
            holder[last] = copy.deepcopy(ODD[choices.below(len(ODD))])
    return data


def dumped(value: Any) -> bytes:
    """Return JSON as any client may write it: with escapes of lone surrogates, and numbers without end."""
    return json.dumps(value).encode()
