"""Reads what is kept of one person, beside a gateway that may be running: as thread dicts, row by row."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TextIO

from gateway.store import beside
from gateway.store.core.connection import ReadingConnection
from gateway.store.core.kinds.rights import MINE
from gateway.store.core.words import Statement

_THREADS = f"""{MINE}
    SELECT mine.id FROM mine LEFT JOIN threads ON threads.id = mine.id
    ORDER BY threads."createdAt" NULLS FIRST, mine.id"""  # noqa: S608
_THREAD = """SELECT id, "createdAt", name, "userId", "userIdentifier", tags, metadata, platform
    FROM threads WHERE id = ?"""
_STEP = (
    "id", "threadId", "parentId", "name", "type", "input", "output", "createdAt", "start", "end", "metadata", "tags",
    "isError", "command", "showInput", "language", "generation", "defaultOpen", "autoCollapse", "given",
)  # fmt: skip
_ELEMENT = (
    "id", "threadId", "type", "name", "forId", "display", "mime", "objectKey", "url", "chainlitKey", "size", "page",
    "language", "props",
)  # fmt: skip
_FEEDBACK = ("id", "forId", "value", "comment", "createdAt")
_JSON = frozenset({"metadata", "tags", "generation", "props", "given"})
_BOOLEANS = frozenset({"isError", "defaultOpen", "autoCollapse"})
_STUB = ("id", "threadId", "name", "type")
"""What is told of a step of others that the person rated."""


def _columns(table: str, names: Sequence[str]) -> str:
    return ", ".join(f'{table}."{name}"' for name in names)


# ?1 is the person, ?2 the thread, ?3 whether what belongs to nobody is theirs too. On SQLite rows come in the order
# they were written in, which needs no sorting.
_STEPS_OF = f"""SELECT steps."userIdentifier" = ?1 OR coalesce(steps."userIdentifier", '') = '' AND ?3,
        {_columns("steps", _STEP)}, {_columns("feedbacks", _FEEDBACK)}
    FROM steps LEFT JOIN feedbacks ON feedbacks."forId" = steps.id AND feedbacks."userIdentifier" = ?1
    WHERE steps."threadId" = ?2 AND (steps."userIdentifier" = ?1 OR feedbacks.id IS NOT NULL
        OR (coalesce(steps."userIdentifier", '') = '' AND ?3))"""  # noqa: S608
_STEPS = Statement(
    f"{_STEPS_OF} ORDER BY steps.rowid",
    postgresql=f'{_STEPS_OF} ORDER BY steps."createdAt" NULLS FIRST, steps.start NULLS FIRST, steps.id',
)
_ELEMENTS_OF = f"""SELECT {_columns("elements", _ELEMENT)} FROM elements WHERE "threadId" = ?2
    AND ("userIdentifier" = ?1 OR (coalesce("userIdentifier", '') = '' AND ?3))"""  # noqa: S608
_ELEMENTS = Statement(f"{_ELEMENTS_OF} ORDER BY rowid", postgresql=f"{_ELEMENTS_OF} ORDER BY id")
_USER = 'SELECT id, identifier, "createdAt", metadata FROM users WHERE identifier = ?'
_SETTINGS = "SELECT body FROM key_values WHERE owner = 'gateway' AND name = 'settings:' || ?"


class Exported(NamedTuple):
    """How much was exported."""

    threads: int
    steps: int
    elements: int


class Personal:
    """What is kept of one person.

    Args:
        connection: A connection to the gateway's database.
        person: The person's identifier (``UserRef.key``).
    """

    def __init__(self, connection: ReadingConnection, person: str) -> None:
        self._connection = connection
        self.person = person

    def user(self) -> dict[str, Any] | None:
        """Return what is known about the person, with the settings the person chose; None where nothing is."""
        row = self._connection.execute(_USER, (self.person,)).fetchone()
        settings = self._connection.execute(_SETTINGS, (self.person,)).fetchone()
        if row is None and settings is None:
            return None
        id, identifier, created_at, metadata = row or (None, self.person, None, None)
        return {
            "id": id,
            "identifier": identifier,
            "createdAt": created_at,
            "metadata": _loads(metadata),
            "settings": json.loads(settings[0])["values"] if settings is not None else {},
        }

    def write_threads(self, out: TextIO) -> Exported:
        """Write a line of JSON for each conversation the person took part in, oldest first: a thread dict of the
        documents, with the steps of the person's own turns. However long a conversation is, one row of it is in memory
        at a time.

        Args:
            out: Where the lines go.
        """
        threads = steps = elements = 0
        for (id,) in self._connection.execute(_THREADS, (self.person,)).fetchall():
            thread, whole = self._thread(id)
            out.write(json.dumps(thread, ensure_ascii=False)[:-1] + ', "steps": [')
            steps += _write(out, self._steps(id, whole))
            out.write('], "elements": [')
            elements += _write(out, self.elements(id, whole))
            out.write("]}\n")
            threads += 1
        return Exported(threads, steps, elements)

    def object_keys(self) -> Iterator[str]:
        """Yield the keys, in the blob store, of the contents of the person's elements."""
        for (id,) in self._connection.execute(_THREADS, (self.person,)).fetchall():
            for element in self.elements(id, self._thread(id)[1]):
                if element["objectKey"]:
                    yield element["objectKey"]

    def _thread(self, id: str) -> tuple[dict[str, Any], bool]:
        """Return a thread without steps and elements, and whether the person began it. Of a thread that another person
        began neither title nor metadata are told."""
        row = self._connection.execute(_THREAD, (id,)).fetchone()
        _, created_at, name, user_id, owner, tags, metadata, platform = row or (id, *(None,) * 7)
        whole = owner == self.person
        thread: dict[str, Any] = {
            "id": id,
            "createdAt": created_at,
            "name": name if whole else None,
            "userId": user_id if whole else None,
            "userIdentifier": self.person,
            "tags": _loads(tags) if whole and tags else [],
            "metadata": _loads(metadata) if whole else {"client_type": platform},
        }
        return thread, whole

    def _steps(self, thread: str, whole: bool) -> Iterator[dict[str, Any]]:
        for mine, *values in self._connection.stream(_STEPS, (self.person, thread, whole)):
            step = _dict(_STEP, values[: len(_STEP)])
            feedback = _dict(_FEEDBACK, values[len(_STEP) :])
            if not mine:
                step = {name: step[name] for name in _STUB} | {"output": ""}
            yield step | {"feedback": feedback if feedback["id"] is not None else None}

    def elements(self, thread: str, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the person's elements in a thread; with ``whole`` also those that belong to nobody."""
        for values in self._connection.stream(_ELEMENTS, (self.person, thread, whole)):
            yield _dict(_ELEMENT, values)


@contextmanager
def opened(url: str, person: str) -> Generator[Personal]:
    """Open the database for the time of a block.

    Args:
        url: The database's URL, as for ``gateway.store.beside.opened``.
        person: The person's identifier (``UserRef.key``).

    Raises:
        SettingsError: There is no such database, or it needs another version of the gateway.
    """
    with beside.opened(url) as connection:
        yield Personal(connection, person)


def _write(out: TextIO, dicts: Iterator[dict[str, Any]]) -> int:
    count = 0
    for each in dicts:
        out.write((", " if count else "") + json.dumps(each, ensure_ascii=False))
        count += 1
    return count


def _dict(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in zip(names, values, strict=True)}


def _value(name: str, value: Any) -> Any:
    if name in _JSON:
        return None if value is None else _loads(value)
    return bool(value) if name in _BOOLEANS else value


def _loads(text: str | None) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:  # a program other than the gateway wrote it
        return {}
