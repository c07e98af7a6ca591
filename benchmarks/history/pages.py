"""Measures ``list_threads`` in turn with its bare SQL: the same rows, read by hand over the same driver."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from benchmarks.history import databases
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.types import Pagination, ThreadFilter

FIRST = 20
"""Threads on a page."""
STEPS = 20
"""Steps of each thread."""
_NOWHERE = "xylophone"
"""A word that nobody said."""

_THREADS = """SELECT id, "createdAt", name, "userId", "userIdentifier", tags, metadata FROM threads
    WHERE "userId" = {0} ORDER BY "createdAt" DESC, id DESC LIMIT 21"""
_STEPS = """SELECT steps.*, feedbacks.id, feedbacks.value, feedbacks.comment FROM steps
    LEFT JOIN feedbacks ON feedbacks."forId" = steps.id WHERE steps."threadId" IN ({0}) ORDER BY steps."createdAt" """
_ELEMENTS = 'SELECT * FROM elements WHERE "threadId" IN ({0})'


@dataclass(frozen=True, slots=True)
class Pages:
    """What reading costs in one database. Times are milliseconds."""

    database: str
    threads: int
    layer_ms: float
    bare_ms: float
    search_ms: float
    """The first page of a search for a word that a step of every thousandth thread has."""
    nowhere_ms: float
    """A search for a word that no step has."""


async def measure(database: str, url: str, *, threads: int, rounds: int) -> Pages:
    """Measure reading in a filled database, ``rounds`` pages of each kind in turn; medians.

    Args:
        database: What the database is called in the table.
        url: The URL of the database.
        threads: How many threads it has been filled with.
        rounds: How many pages are read.
    """
    layer = SQLAlchemyDataLayer(url)
    driver = "sqlite+aiosqlite" if url.startswith("sqlite") else "postgresql+asyncpg"
    engine = create_async_engine(make_url(url).set(drivername=driver))
    try:
        async with engine.connect() as connection:
            bare = await _bare(connection)
            mine = ThreadFilter(userId=databases.USER_ID)

            async def ours() -> int:
                page = await layer.list_threads(Pagination(first=FIRST), mine)
                return sum(len(thread["steps"]) for thread in page.data)

            async def search(word: str) -> int:
                wanted = ThreadFilter(userId=databases.USER_ID, search=word)
                return len((await layer.list_threads(Pagination(first=FIRST), wanted)).data)

            for _ in range(5):
                assert await ours() == await bare() == FIRST * STEPS
            times: tuple[list[float], list[float]] = [], []
            for _ in range(rounds):
                for call, found in zip((ours, bare), times, strict=True):
                    found.append(await _timed(call))
            rare = [await _timed(lambda: search(databases.RARE)) for _ in range(3)]
            nowhere = [await _timed(lambda: search(_NOWHERE)) for _ in range(3)]
    finally:
        await layer.close()
        await engine.dispose()
    return Pages(database, threads, median(times[0]), median(times[1]), median(rare), median(nowhere))


async def _bare(connection: AsyncConnection) -> Callable[[], Awaitable[int]]:
    """Return a function that reads the first page over the driver's own connection, and returns how many steps."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * FIRST)
        statements = _THREADS.format("?"), _STEPS.format(marks), _ELEMENTS.format(marks)
        fetch: Callable[[str, Sequence[str]], Awaitable[Any]] = raw.execute_fetchall
    else:
        marks = ", ".join(f"${number + 1}" for number in range(FIRST))
        statements = _THREADS.format("$1"), _STEPS.format(marks), _ELEMENTS.format(marks)

        async def fetch(statement: str, values: Sequence[str]) -> Any:
            return await raw.fetch(statement, *values)

    async def page() -> int:
        threads = await fetch(statements[0], [databases.USER_ID])
        ids = [row[0] for row in list(threads)[:FIRST]]
        steps = list(await fetch(statements[1], ids))
        await fetch(statements[2], ids)
        return len(steps)

    return page


async def _timed(call: Callable[[], Awaitable[Any]]) -> float:
    begun = time.perf_counter()
    await call()
    return (time.perf_counter() - begun) * 1000
