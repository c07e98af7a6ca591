"""Lists, searches and reads the kept threads, beside a gateway that may be running."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from sqlalchemy import Column, ColumnElement, Select, case, exists, func, or_, select

from gateway.cursors import Place, cursor_of, place_of
from gateway.errors import SettingsError
from gateway.model import ThreadDict
from gateway.model.text import storable, time_text
from gateway.store.core.codec import Row
from gateway.store.core.queries import run
from gateway.store.core.search import FUNCTIONS, excerpt, says
from gateway.store.core.tables import feedbacks, steps, threads
from gateway.store.core.threads import THREAD, columns, head, read_thread
from gateway.store.sqlite.file import clear_errors, open_shared
from gateway.store.urls import sqlite_file

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
        url: ``sqlite:///FOLDER/FILE``.

    Raises:
        SettingsError: There is no such database, it needs another version of the gateway, or it cannot be read.
    """
    path = sqlite_file(url)
    with closing(open_shared(path)) as database, clear_errors(path):
        database.begin(writes=False)
        yield KeptThreads(database.connection)


class KeptThreads:
    """Reads the kept threads of a database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        for name, function in FUNCTIONS.items():
            connection.create_function(name, 1, function, deterministic=True)
        self._execute = connection.execute

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
        wanted = select(*columns(threads, THREAD), threads.c.platform, threads.c.updatedAt, messages)
        said = _said_between(query)
        if said:
            wanted = wanted.where(exists().where(steps.c.threadId == threads.c.id, *said))
        if query.user is not None:
            mine = select(steps.c.threadId).where(steps.c.userIdentifier == storable(query.user))
            wanted = wanted.where(or_(threads.c.userIdentifier == storable(query.user), threads.c.id.in_(mine)))
        wanted = wanted.where(*_of_thread(query))
        after = _place(cursor, query)
        rows = self._newest(wanted, threads.c.updatedAt, threads.c.id, after, limit + 1)
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
            .where(says(self._execute, text), *_said_between(query), *_of_thread(query))
        )
        if query.user is not None:
            wanted = wanted.where(steps.c.userIdentifier == storable(query.user))
        after = _place(cursor, query, text)
        rows = self._newest(wanted, steps.c.createdAt, steps.c.id, after, limit + 1)
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
        thread = read_thread(self._execute, storable(id), limit=limit, characters=_CHARACTERS)
        if thread is None:
            raise SettingsError(f"there is no thread {id!r}: `gateway threads list` shows the ids")
        count = select(func.count()).where(steps.c.threadId == thread["id"])
        [(kept,)] = run(self._execute, count)
        return thread, kept > len(thread["steps"])

    def _newest(
        self, wanted: Select[Any], at: Column[Any], id: Column[Any], after: Place | None, count: int
    ) -> Iterator[Row]:
        """Return at most ``count`` rows behind a place, one by one: by a time, the newest first, and then those without
        a time."""
        found = 0
        if after is None or after.at is not None:
            dated = wanted.where(at.is_not(None))
            if after is not None:
                # The first condition says nothing new, but it is the one that an index can begin at.
                dated = dated.where(at <= after.at, or_(at < after.at, id < after.id))
            for row in run(self._execute, dated.order_by(at.desc(), id.desc()).limit(count)):
                found += 1
                yield row
        if found < count:
            undated = wanted.where(at.is_(None))
            if after is not None and after.at is None:
                undated = undated.where(id < after.id)
            yield from run(self._execute, undated.order_by(id.desc()).limit(count - found))


def _place(cursor: str | None, *query: object) -> Place | None:
    try:
        return place_of(cursor, *query)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _said_between(query: ThreadQuery) -> list[ColumnElement[bool]]:
    """Return the conditions on the time of a step."""
    found: list[ColumnElement[bool]] = []
    if query.since is not None:
        found.append(steps.c.createdAt >= time_text(query.since))
    if query.until is not None:
        found.append(steps.c.createdAt < time_text(query.until))
    return found


def _of_thread(query: ThreadQuery) -> list[ColumnElement[bool]]:
    """Return the conditions on a thread alone."""
    found: list[ColumnElement[bool]] = []
    if query.platform is not None:
        found.append(threads.c.platform == storable(query.platform))
    if query.tag is not None:
        # Another program may have written something else than JSON.
        tags = case((func.json_valid(threads.c.tags), threads.c.tags), else_="[]")
        each = func.json_each(tags).table_valued("value")
        found.append(exists(select(each.c.value).where(each.c.value == storable(query.tag))))
    if query.feedback is not None:
        found.append(threads.c.id.in_(select(feedbacks.c.threadId).where(feedbacks.c.value == query.feedback)))
    return found
