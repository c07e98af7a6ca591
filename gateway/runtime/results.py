"""Results of function calls that a turn makes at most once, kept in its journal: a re-run gets them from there."""

import json
import math
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

from gateway.errors import TooLarge
from gateway.runtime.journal import Effect
from gateway.runtime.turn import Turn

_LONE = re.compile("[\ud800-\udfff]")

LIMIT = 1_000_000
"""Bytes of JSON that one result may take in the journal."""


def begin_call(turn: Turn, name: str, arguments: Mapping[str, Any]) -> Effect:
    """Return the effect of a call; where it was ``found``, ``body["result"]`` is what an earlier run got.

    The n-th call of one name with the same arguments is taken for the n-th one of the earlier run. What JSON cannot
    hold of the arguments is compared by its type alone.
    """
    return turn.journal.begin("once", f"{name}({_digest(arguments)})")


async def keep_result(turn: Turn, effect: Effect, result: object, *, name: str) -> None:
    """Record what the call returned; returns when that is durable.

    Raises ``TypeError`` for a result that would not come back from JSON as it was, ``TooLarge`` for one of more than
    ``LIMIT`` bytes.
    """
    if (problem := _unstorable(result)) is not None:
        raise TypeError(f"step {name} has once=True and returned {problem}, which JSON cannot hold: return {_TAKEN}")
    size = len(json.dumps(result, separators=(",", ":")))
    if size > LIMIT:
        raise TooLarge(
            f"step {name} has once=True and returned {size / 1e6:.1f} MB of JSON; the journal keeps {LIMIT / 1e6:g} MB:"
            " store it elsewhere and return where it is"
        )
    turn.check()  # a run that another one took over from keeps nothing
    effect.record(result=result)
    await turn.journal.settle()


_TAKEN = "texts, numbers, booleans, None, lists, or dicts with texts as keys (of a model's answer: model_dump())"


def _digest(arguments: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(arguments, sort_keys=True, default=lambda value: f"<{type(value).__qualname__}>")
    except (TypeError, ValueError, RecursionError):  # keys of several types, something that contains itself
        text = ""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _unstorable(value: object, depth: int = 0) -> str | None:
    """Return what of the value would not come back as it was; None if all of it would."""
    if depth > 100:
        return "something nested more than 100 deep"
    if value is None or type(value) in (bool, int):
        return None
    if type(value) is float:
        return None if math.isfinite(value) else str(value)
    if type(value) is str:
        return None if value.isascii() or not _LONE.search(value) else "half of a surrogate pair"
    if type(value) is list:
        found = (_unstorable(each, depth + 1) for each in cast("list[object]", value))
        return next((each for each in found if each is not None), None)
    if type(value) is dict:
        items = cast("dict[object, object]", value)
        if (key := next((each for each in items if type(each) is not str), None)) is not None:
            return f"a dict with a key of type {type(key).__qualname__}"
        found = (_unstorable(each, depth + 1) for each in items.values())
        return next((each for each in found if each is not None), None)
    kind = type(value)
    return f"a {kind.__qualname__}" if kind.__module__ == "builtins" else f"a {kind.__module__}.{kind.__qualname__}"
