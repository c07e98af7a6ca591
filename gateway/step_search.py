"""The index for searches in what steps gave: its tables, in the gateway's own SQLite database, and the condition by
which queries use it.

``steps_search`` is an FTS5 table of the three-letter parts (trigrams) of each output without regard to case. It says
which steps may contain a text; whoever asks compares the outputs of these. It is filled from time to time, so that no
turn waits for it. What it cannot speak for is always compared: steps behind ``steps_search_state.indexed``, the rowid
of the newest step that was indexed, and those with a row in ``steps_search_aside``: they were changed or deleted since
(``output`` is what the index still has of them, which triggers put there), or are too long (``stays`` is 1).
"""

from sqlalchemy import TextClause, bindparam, text

INDEX = "steps_search"
TABLES = frozenset({INDEX, "steps_search_aside", "steps_search_state"})
"""The tables of the index, where there is one."""
HAS_FTS5 = "SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'"
"""Says 1 where SQLite was built with FTS5, which the index needs."""

CREATE = (
    """CREATE VIRTUAL TABLE steps_search USING fts5(
        output, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1')""",
    """CREATE TABLE steps_search_state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        indexed INTEGER NOT NULL,
        step TEXT,
        removed_at REAL,
        purging INTEGER NOT NULL
    )""",
    "INSERT INTO steps_search_state (one, indexed, purging) VALUES (1, 0, 0)",
    """CREATE TABLE steps_search_aside (
        number INTEGER PRIMARY KEY,
        output TEXT,
        stays INTEGER NOT NULL
    )""",
    """CREATE TRIGGER steps_search_deleted AFTER DELETE ON steps
        WHEN old.rowid <= (SELECT indexed FROM steps_search_state)
        BEGIN
            INSERT INTO steps_search_aside (number, output, stays) VALUES (old.rowid, old.output, 0)
                ON CONFLICT (number) DO UPDATE SET stays = 0;
        END""",
    """CREATE TRIGGER steps_search_changed AFTER UPDATE OF output ON steps
        WHEN old.output IS NOT new.output AND old.rowid <= (SELECT indexed FROM steps_search_state)
        BEGIN
            INSERT INTO steps_search_aside (number, output, stays) VALUES (old.rowid, old.output, 0)
                ON CONFLICT (number) DO UPDATE SET stays = 0;
        END""",
)
"""The statements that make the index, which is empty, for a table ``steps`` with any rows."""

_PART = 3
"""Letters in each part, as FTS5's tokenizer ``trigram`` has it."""
_LETTERS = 64
"""Letters of a text by which the index is asked."""

_OTHERS = """SELECT number FROM steps_search_aside
    UNION ALL SELECT rowid FROM steps WHERE rowid > (SELECT indexed FROM steps_search_state)"""
_CANDIDATES = f"""steps.rowid IN (SELECT rowid FROM steps_search WHERE steps_search MATCH :search_parts
    UNION ALL {_OTHERS})"""  # noqa: S608
_COUNT = f"""SELECT count(*) FROM (SELECT 1 FROM (
    SELECT rowid FROM steps_search WHERE steps_search MATCH :search_parts UNION ALL {_OTHERS}) LIMIT :search_limit)"""  # noqa: S608


def parts(folded: str) -> str | None:
    """Return what the index is asked for a text, None for a text that is too short for it.

    Args:
        folded: The text without regard to case (``str.casefold``).
    """
    if len(folded) < _PART:
        return None
    found = dict.fromkeys(folded[at : at + _PART] for at in range(min(len(folded), _LETTERS) - _PART + 1))
    return " AND ".join('"' + each.replace('"', '""') + '"' for each in found)


def may_say(parts: str) -> TextClause:
    """Return the condition that a row of ``steps`` may contain a text; it is true for every row that does.

    Args:
        parts: What ``parts`` returned for the text.
    """
    return text(_CANDIDATES).bindparams(bindparam("search_parts", parts))


def count(parts: str, limit: int) -> TextClause:
    """Return the query for how many steps may contain a text, as far as the limit.

    Args:
        parts: What ``parts`` returned for the text.
        limit: The number at which to stop counting.
    """
    return text(_COUNT).bindparams(bindparam("search_parts", parts), bindparam("search_limit", limit))
