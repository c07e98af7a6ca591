"""Statements of the store in PostgreSQL's words. They are written for SQLite, whose placeholders are question marks."""

import re
from collections.abc import Mapping
from functools import cache

_PLACEHOLDER = re.compile(r"'[^']*'|\?(\d*)")
_REWRITES = (
    # A list of texts as the text of a JSON array.
    (
        re.compile(r"SELECT value FROM json_each\((\?\d*)\)"),
        r"SELECT value FROM jsonb_array_elements_text(CAST(\1 AS jsonb)) AS listed(value)",
    ),
)
_OWN: dict[str, str] = {}
"""Statements that PostgreSQL has in other words, by those of SQLite."""


def say(words: Mapping[str, str]) -> None:
    """Have statements said in other words on PostgreSQL.

    Args:
        words: PostgreSQL's words by those of SQLite, both with question marks.
    """
    _OWN.update(words)


@cache
def translated(statement: str) -> bytes:
    """Return a statement as PostgreSQL takes it, with numbered placeholders."""
    text = _OWN.get(statement, statement)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    count = 0

    def numbered(found: re.Match[str]) -> str:
        nonlocal count
        if found[0].startswith("'"):
            return found[0]
        count += 1
        return f"${found[1] or count}"

    return _PLACEHOLDER.sub(numbered, text).encode()
