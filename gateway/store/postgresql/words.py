"""Statements of the store in PostgreSQL's words. They are written for SQLite, whose placeholders are question marks."""

import re
from functools import cache

from gateway.store.core.words import Statement

_PLACEHOLDER = re.compile(r"'[^']*'|\?(\d*)")
_REWRITES = (
    # A list of texts as the text of a JSON array.
    (
        re.compile(r"SELECT value FROM json_each\((\?\d*)\)"),
        r"SELECT value FROM jsonb_array_elements_text(CAST(\1 AS jsonb)) AS listed(value)",
    ),
    # A text in a JSON object that is kept as bytes.
    (
        re.compile(r"json_extract\(CAST\((\w+) AS TEXT\), '\$\.(\w+)'\)"),
        r"(CAST(convert_from(\1, 'UTF8') AS jsonb) ->> '\2')",
    ),
    (re.compile(r"instr\((\w+|substr\(.+?\)), (.+?)\)"), r"position(\2 IN \1)"),
)


@cache
def translated(statement: str) -> bytes:
    """Return a statement as PostgreSQL takes it, with numbered placeholders."""
    text = statement.postgresql if isinstance(statement, Statement) else statement
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
