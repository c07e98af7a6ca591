"""Lists, searches and reads the kept threads, beside a gateway that may be running."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from sqlalchemy import func, or_, select

from gateway.cursors import Place, cursor_of, place_of
from gateway.errors import SettingsError
from gateway.model import ThreadDict
from gateway.model.text import storable, time_text
from gateway.ports import Condition
from gateway.store import beside
from gateway.store.core.conditions import conditions_on
from gateway.store.core.connection import Connection
from gateway.store.core.pages import rows_behind
from gateway.store.core.queries import run
from gateway.store.core.search import excerpt, says
from gateway.store.core.tables import steps, threads
from gateway.store.core.threads import THREAD, columns, head, read_thread

T = TypeVar("T")

_MESSAGES = ("user_message", "assistant_message")
"""The types of steps that people read as messages."""
_CHARACTERS = 100_000_000
"""How many characters of a thread are read at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadQuery:
    """Which threads are wanted; None for all.

    Args:
        user: Those in which this person said something or was answered; the identifier, ``slack:T1:U1``.
        platform: Those of this platform.
        tag: Those with this tag.
        feedback: Those with such a rating: 1 thumbs up, 0 thumbs down.
        since: Those in which something was said at this time or later, in seconds since the epoch.
        until: Those in which something was said before this time.
    """

    user: str | None = None
    platform: str | None = None
    tag: str | None = None
    feedback: Literal[0, 1] | None = None
    since: float | None = None
    until: float | None = None


class ListedThread(NamedTuple):
    """A thread of a list."""

    thread: ThreadDict
    """Without its steps and elements."""
    platform: str | None
    used_at: str | None
    """When it was last used, ISO 8601 in UTC; an hour behind at most."""
    messages: int
    """How many messages it has, of people and of the bot."""


class Passage(NamedTuple):
    """A message or a step in which something was said."""

    thread: str
    title: str | None
    step: str
    type: str
    name: str
    """Who says it, or what the step is called."""
    at: str | None
    """ISO 8601 in UTC."""
    excerpt: str
    """What was said around the text, in one line."""


class Page(NamedTuple, Generic[T]):
    """A part of what was found."""

    found: list[T]
    cursor: str | None
    """Where the next page begins; None where this is the last one."""


@contextmanager
def kept_threads(url: str) -> Generator["KeptThreads"]:
    """Open the database for the time of a block, in which it is seen as it was at one moment.

    Args:
        url: The database's URL, as for ``gateway.store.beside.opened``.

    Raises:
        SettingsError: There is no such database, it needs another version of the gateway, or it cannot be read.
    """
    with beside.opened(url) as connection:
        yield KeptThreads(connection)


class KeptThreads:
    """Reads the kept threads of a database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, query: ThreadQuery, *, limit: int, cursor: str | None = None) -> Page[ListedThread]:
        """Return the threads that were used last, the newest first.

        Args:
            query: Which threads.
            limit: How many at most.
            cursor: Where the page begins: that of the page before, None for the first page.

        Raises:
            SettingsError: The cursor is that of another query.
        """
        is_message = or_(*(steps.c.type == type for type in _MESSAGES))
        messages = select(func.count()).where(steps.c.threadId == threads.c.id, is_message).scalar_subquery()
        asked = [*_of_thread(query), *_equal("person", query.user), *_between("said_at", query)]
        wanted = select(*columns(threads, THREAD), threads.c.platform, threads.c.updatedAt, messages)
        wanted = wanted.where(*conditions_on("threads", asked))
        rows = rows_behind(
            self._connection, wanted, threads.c.updatedAt, threads.c.id, _place(cursor, query), limit + 1
        )
        found = [ListedThread(head(row[: len(THREAD)]), *row[len(THREAD) :]) for row in rows]
        more = len(found) > limit
        ends = [Place(each.used_at, each.thread["id"]) for each in found[:limit]]
        return Page(found[:limit], cursor_of(ends[-1], query) if more else None)

    def search(self, text: str, query: ThreadQuery, *, limit: int, cursor: str | None = None) -> Page[Passage]:
        """Return where a text was said, in messages and in what steps gave, the newest first.

        Args:
            text: The text, in any case; no character means anything but itself.
            query: In which threads; ``user`` are the turns of that person, ``since`` and ``until`` when it was said.
            limit: How many passages at most.
            cursor: Where the page begins: that of the page before, None for the first page.

        Raises:
            SettingsError: The cursor is that of another query.
        """
        given = ("id", "type", "name", "createdAt", "output")
        wanted = (
            select(steps.c.threadId, threads.c.name, *columns(steps, given))
            .join(threads, threads.c.id == steps.c.threadId)
            .where(says(self._connection, text), *conditions_on("threads", _of_thread(query)))
            .where(*conditions_on("steps", [*_equal("userIdentifier", query.user), *_between("createdAt", query)]))
        )
        after = _place(cursor, query, text)
        rows = rows_behind(self._connection, wanted, steps.c.createdAt, steps.c.id, after, limit + 1)
        found = [
            Passage(thread, title, step, type, name, at, excerpt(output, text))
            for thread, title, step, type, name, at, output in rows
        ]
        more = len(found) > limit
        ends = [Place(each.at, each.step) for each in found[:limit]]
        return Page(found[:limit], cursor_of(ends[-1], query, text) if more else None)

    def read(self, id: str, *, limit: int) -> tuple[ThreadDict, bool]:
        """Return a thread with its newest steps, their feedback and its elements, and whether it has more.

        Args:
            id: The thread's id.
            limit: How many steps at most.

        Raises:
            SettingsError: There is no such thread.
        """
        thread = read_thread(self._connection, storable(id), limit=limit, characters=_CHARACTERS)
        if thread is None:
            raise SettingsError(f"there is no thread {id!r}: `gateway threads list` shows the ids")
        count = select(func.count()).where(steps.c.threadId == thread["id"])
        [(kept,)] = run(self._connection, count)
        return thread, kept > len(thread["steps"])


def _place(cursor: str | None, *query: object) -> Place | None:
    try:
        return place_of(cursor, *query)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _equal(field: str, value: object) -> list[Condition]:
    return [] if value is None else [Condition(field, "eq", value)]


def _between(field: str, query: ThreadQuery) -> list[Condition]:
    """Return the conditions on a time."""
    since = [] if query.since is None else [Condition(field, "gte", time_text(query.since))]
    return since if query.until is None else [*since, Condition(field, "lt", time_text(query.until))]


def _of_thread(query: ThreadQuery) -> list[Condition]:
    """Return the conditions on a thread alone."""
    return [*_equal("platform", query.platform), *_equal("tag", query.tag), *_equal("rating", query.feedback)]
