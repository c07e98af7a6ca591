"""Measures pages of threads over HTTP, in turn with their bare SQL: the same rows, read over the standard library."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from statistics import median

import httpx

from benchmarks.bots import ECHO
from benchmarks.history import databases
from benchmarks.history.pages import FIRST, STEPS
from benchmarks.platform import ours
from benchmarks.server import serve
from gateway.cursors import Place, cursor_of

_KEY = "the key of the benchmarks"
_COLUMNS = 'id, "createdAt", "updatedAt", name, "userIdentifier", tags, metadata, platform, conversation'
_BARE = f'SELECT {_COLUMNS} FROM threads ORDER BY "updatedAt" DESC, id DESC LIMIT {FIRST + 1}'


@dataclass(frozen=True, slots=True)
class HttpPages:
    """What a page of ``GET /v1/threads`` costs with so many threads. Times are milliseconds."""

    threads: int
    page_ms: float
    bare_ms: float
    """The same rows read by hand, without HTTP."""
    healthy_ms: float
    """``GET /healthz``, which reads nothing: what HTTP costs alone."""
    middle_ms: float
    """The page in the middle of the list."""
    person_ms: float
    """The first page of a person who has all threads."""
    counted_ms: float
    """The first page with ``total=true``."""


async def measure(*, threads: int, rounds: int, core: int | None) -> HttpPages:
    """Measure pages of a filled database, ``rounds`` of each kind in turn; medians.

    Args:
        threads: How many threads it is filled with.
        rounds: How many pages are read of each kind.
        core: The core of the server; None for any.
    """
    async with databases.sqlite() as url:
        await databases.fill(url, threads=threads, steps=STEPS)
        environment = {"GATEWAY_API_KEYS": _KEY, "GATEWAY_API_RATE": "0", "DATABASE_URL": url}
        subject = ours("http", "pages over HTTP", ECHO, peer="http", environment=environment)
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            async with serve(subject, up=_up, core=core, environment={}) as server:
                with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers={"x-api-key": _KEY}) as client:
                    return _measure(client, database, threads, rounds)


async def _up(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get("/readyz")).is_success:
                    return
            await asyncio.sleep(0.02)


def _measure(client: httpx.Client, database: sqlite3.Connection, threads: int, rounds: int) -> HttpPages:
    def page(**query: str | int) -> Callable[[], int]:
        def read() -> int:
            answer = client.get("/v1/threads", params={"limit": FIRST, **query}).raise_for_status()
            return len(answer.json()["data"])

        return read

    calls: tuple[Callable[[], int], ...] = (
        page(),
        lambda: len(database.execute(_BARE).fetchall()[:FIRST]),
        lambda: len(client.get("/healthz").content) and FIRST,
        page(cursor=_middle(database, threads)),
        page(user=databases.PERSON),
        page(total="true"),
    )
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        assert call() == FIRST
    for _ in range(rounds):
        for call, found in zip(calls, times, strict=True):
            begun = time.perf_counter()
            call()
            found.append((time.perf_counter() - begun) * 1000)
    return HttpPages(threads, *map(median, times))


def _middle(database: sqlite3.Connection, threads: int) -> str:
    """Return the cursor of the page in the middle of all threads."""
    at, id = database.execute(
        'SELECT "updatedAt", id FROM threads ORDER BY "updatedAt" DESC, id DESC LIMIT 1 OFFSET ?', (threads // 2,)
    ).fetchone()
    return cursor_of(Place(at, id), "threads", (), True)
