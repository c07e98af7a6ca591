"""Counts tokens and cuts text into the pieces that a stream carries."""

import re
from collections.abc import Iterable

from gateway.emulators.models.values import Answer, Asked

_TOKEN = re.compile(r"\w+|[^\w\s]")
_PIECE = re.compile(r"\s*\S+\s*|\s+")


def count(text: str) -> int:
    """Return the number of tokens: words and other signs, each one."""
    return len(_TOKEN.findall(text))


def pieces(text: str) -> list[str]:
    """Return the text word by word, each with the white space behind it."""
    return _PIECE.findall(text)


def asked_tokens(asked: Asked) -> int:
    """Return the tokens of a request: those of its messages."""
    return sum(count(each.text) + _calls(each.calls) for each in asked.messages)


def answered_tokens(answer: Answer) -> int:
    """Return the tokens of an answer, one at least."""
    return max(1, count(answer.text) + _calls(answer.calls))


def first(text: str, limit: int) -> str:
    """Return the text up to its ``limit``-th token."""
    found = list(_TOKEN.finditer(text))
    return text if len(found) <= limit else text[: found[limit - 1].end()]


def _calls(calls: Iterable[object]) -> int:
    return sum(count(str(each)) for each in calls)
