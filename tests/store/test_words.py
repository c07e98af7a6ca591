"""Both databases understand each statement, and find the same."""

import importlib
import json
import pkgutil
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from gateway import store as package
from gateway.cursors import Place
from gateway.database_urls import libpq_url
from gateway.model import ConversationRef, ElementRecord, FeedbackRecord, Record, StepRecord, ThreadRecord, UserRecord
from gateway.ports import Condition, RecordQuery, RowUpsert, Store
from gateway.ports.records import Noun, Operator
from gateway.store import SQLiteStore, feedback, personal
from gateway.store.core.connection import DialectName
from gateway.store.core.queries import compiled
from gateway.store.core.search import says
from gateway.store.core.statements import ByKeys, ByRows
from gateway.store.core.tables import steps
from gateway.store.postgresql import PostgreSQLStore
from gateway.store.postgresql.words import translated
from gateway.store.threads import ThreadQuery, kept_threads
from tests.store.threads import keep
from tests.support.postgres import database

ALONE = (
    "gateway.store.backup",
    "gateway.store.core.kinds.deliveries",
    "gateway.store.core.kinds.journal",
    "gateway.store.core.kinds.outcomes",
    "gateway.store.core.kinds.search",
    "gateway.store.core.ownership",
    "gateway.store.migrations",
    "gateway.store.sqlite",
)
"""Modules of a store that one process has alone, beside those statements of theirs that others import."""
PARTS = {"_OF_SESSIONS", "_OF_THREADS", "_FOUND", "_INSERT", "MINE", "_HAS_INDEX", "_LEAVE", "_DIE", "_REWRITES"}
PARTS |= {"_STEPS_OF", "_ELEMENTS_OF"}
"""Constants that are parts of statements, or have no placeholders, or are SQLite's alone."""
WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ")


def statements() -> Iterator[tuple[str, str]]:
    """Each statement of the store as a constant of a module, with its name."""
    for found in pkgutil.walk_packages(package.__path__, "gateway.store."):
        if found.name.startswith(ALONE):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if name in PARTS:
                continue
            for text in texts(value):
                if text.lstrip("(").startswith(WORDS):
                    yield f"{found.name}.{name}", text


def texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case ByRows() | ByKeys():
            yield value.texts[1]
            yield value.texts[4]
        case list() | tuple():
            for each in value:
                yield from texts(each)
        case dict():
            yield from texts(list(value.values()))
        case _:
            pass


ENGLISH = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'"
"""A database that orders texts as English does: "a" before "B", "_" before letters."""


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with database(ENGLISH) as url:
        yield url


async def test_postgresql_understands_each_statement(url: str) -> None:
    store = PostgreSQLStore(url)
    await store.open()
    await store.close()
    found = list(statements())
    assert len(found) > 150
    refused: list[str] = []
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        for name, text in found:
            result = connection.pgconn.prepare(b"", translated(text))
            if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
                refused.append(f"{name}: {result.error_message.decode(errors='replace')}")
    assert not refused, "\n".join(refused)


@pytest.fixture
async def both(url: str, tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """A store of each kind with the same rows."""
    sqlite, postgresql = SQLiteStore(tmp_path / "gateway.db"), PostgreSQLStore(url)
    for store in (sqlite, postgresql):
        await store.open()
        await keep(store, *RECORDS)
        await store.upsert_rows(ROWS)
    yield sqlite, postgresql
    for store in (sqlite, postgresql):
        await store.close()


ADA, GRACE = "slack:T:ada", "teams:T:grace"
OUTPUTS = ("The invoice", "100% of it_", "Größe", "quote \" and ' and \\", "", "日本語", "ÉTÉ")


def thread(id: str, user: str, at: float) -> ThreadRecord:
    ref = ConversationRef(platform=user.partition(":")[0], workspace="T", channel="C", thread=id)
    return ThreadRecord(id, ref, user, f"Title {id}", {"client_type": "slack"}, at, at + 5)


RECORDS: list[Record] = [
    UserRecord(ADA, {"email": "ada@example.com"}, 1.0),
    UserRecord(GRACE, {}, 2.0),
    *(thread(id, user, at) for id, user, at in (("a", ADA, 10.0), ("B", GRACE, 20.0), ("b", ADA, 20.0))),
    *(
        StepRecord(
            id=f"{thread}{n}", thread=thread, user=user, name="look", type="tool" if n % 2 else "user_message",
            created_at=100.0 + n, output=output, input="in", start="2026-01-01T00:00:00Z",
            end=f"2026-01-01T00:00:0{n}.5Z", tags=(thread, output) if n % 3 else None, is_error=n == 2,
            generation={"model": "m", "tokenCount": n * 10, "duration": n / 4} if n % 2 else None,
        )
        for thread, user in (("a", ADA), ("B", GRACE))
        for n, output in enumerate(OUTPUTS)
    ),
    ElementRecord("e", "a", ADA, "file", "a.csv", for_id="a1"),
    FeedbackRecord("f", "a1", "a", ADA, 1, "thanks", 7.0),
    FeedbackRecord("g", "B1", "B", GRACE, 0, None, 8.0),
]  # fmt: skip
ROWS = [
    RowUpsert("threads", "bare", {}, {"conversation": ""}),
    RowUpsert("threads", "empty", {"updatedAt": "", "tags": []}),
    RowUpsert("threads", "a", {"tags": ["x", "y"]}),
    RowUpsert("steps", "given", {"threadId": "b", "name": "n", "type": "llm"}, {}, {"given": {"error": "Boom"}}),
    RowUpsert("scores", "s", {"stepId": "a1", "threadId": "a", "name": "n", "type": "AI", "value": 0.1, "tags": ["q"]}),
    RowUpsert("scores", "t", {"stepId": "B1", "threadId": "B", "name": "N", "type": "AI", "value": 1.0}),
]
TEXTS: tuple[tuple[Operator, Any], ...] = (
    *((operator, value) for operator in ("eq", "neq") for value in ("a", "tool", "Größe", "Boom", "", None)),
    *(("in", value) for value in (("a", "tool", "m", "x"), ("nowhere",))),
    ("nin", ("a", "tool", ADA)),
    *((operator, value) for operator in ("like", "ilike", "nilike") for value in ("o", "O", "%", "_", "\\", "été", "")),
    ("is", None),
    ("is_not", None),
    ("gte", "b"),
)
NUMBERS: tuple[tuple[Operator, Any], ...] = (
    *((operator, value) for operator in ("eq", "neq", "gt", "gte", "lt", "lte") for value in (0.1, 1.0, 2.5, 30.0)),
    ("is", None),
    ("is_not", None),
)
FIELDS: dict[Noun, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "users": (("id", "identifier", "createdAt", "metadata"), ()),
    "threads": (
        ("id", "createdAt", "updatedAt", "name", "metadata", "platform", "userId", "person", "tag", "step_type",
         "step_name", "step_output"),
        ("rating", "score", "duration", "tokens"),
    ),
    "steps": (
        ("id", "createdAt", "name", "type", "input", "output", "metadata", "userIdentifier", "start", "error", "tag",
         "generation.model", "generation", "parentId"),
        ("seconds", "score", "generation.duration", "generation.tokenCount"),
    ),
    "elements": (("id", "threadId", "forId", "objectKey"), ()),
    "feedbacks": (("forId", "comment"), ("value",)),
    "scores": (("name", "type", "comment", "tag", "stepId"), ("value",)),
}  # fmt: skip
UNLIKE = {("threads", "metadata"), ("steps", "metadata"), ("steps", "generation"), ("users", "metadata")}
"""Fields whose text is that of JSON: PostgreSQL puts blanks in it."""

UNORDERED = {"output", "step_output", "error", "tag"}
"""Fields whose texts nobody compares by their order."""


async def test_conditions_find_the_same_rows(both: tuple[Store, Store]) -> None:
    different: list[str] = []
    found = 0
    for noun, (named, counted) in FIELDS.items():
        wanted = [(field, TEXTS) for field in named] + [(field, NUMBERS) for field in counted]
        for condition in (Condition(field, *each) for field, tests in wanted for each in tests):
            if (noun, condition.field) in UNLIKE and condition.value is not None:
                continue
            if condition.field in UNORDERED and condition.operator == "gte":
                continue
            pages = [await store.record_page(RecordQuery(noun, (condition,))) for store in both]
            counts = [await store.count_records(noun, (condition,)) for store in both]
            rows = [[row["id"] for row in page.rows] for page in pages]
            found += counts[0]
            if rows[0] != rows[1] or counts[0] != counts[1] or counts[0] != len(rows[0]):
                different.append(f"{noun} {condition}: {rows[0]} {rows[1]}")
    assert not different, "\n".join(different)
    assert found > 1_000


@pytest.mark.parametrize("noun", FIELDS)
async def test_rows_are_the_same(both: tuple[Store, Store], noun: Noun) -> None:
    one, other = [(await store.record_page(RecordQuery(noun))).rows for store in both]
    assert list(one) == list(other) and one


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_are_the_same(both: tuple[Store, Store], limit: int, newest_first: bool) -> None:
    for noun in FIELDS:
        walks: list[list[list[str]]] = []
        for store in both:
            cursor: str | None = None
            walk: list[list[str]] = []
            while not walk or cursor is not None:
                query = RecordQuery(noun, newest_first=newest_first, limit=limit, cursor=cursor)
                page = await store.record_page(query)
                walk.append([row["id"] for row in page.rows])
                cursor = page.cursor
            walks.append(walk)
        assert walks[0] == walks[1]
        assert (
            len(ids := [id for page in walks[0] for id in page]) == len(set(ids)) == await both[0].count_records(noun)
        )


@pytest.mark.parametrize("place", [Place(None, "c"), Place("", "c"), Place("1970-01-01T00:00:25.000000Z", "b")])
async def test_pages_behind_a_place_are_the_same(both: tuple[Store, Store], place: Place) -> None:
    for newest_first in (True, False):
        query = RecordQuery("threads", newest_first=newest_first, behind=place)
        one, other = [[row["id"] for row in (await store.record_page(query)).rows] for store in both]
        assert one == other


@pytest.mark.parametrize(
    "text", ["invoice", "INVOICE", "100%", "%", "_", "\\", "größe", "GRÖSSE", "été", "語", "nowhere", "\x00"]
)
async def test_searches_find_the_same(both: tuple[Store, Store], text: str) -> None:
    one, other = [await store.search_steps(text, limit=100) for store in both]
    if text == "GRÖSSE":  # Python knows that it is "größe" without regard to case, no locale does
        assert (len(one.found), len(other.found)) == (2, 0)
        return
    assert list(one.found) == list(other.found)
    assert bool(one.found) == (text not in ("nowhere", "\x00"))


async def test_threads_are_read_the_same(both: tuple[Store, Store]) -> None:
    for id in ("a", "B", "b", "bare", "empty"):
        one, other = [await store.thread(id, limit=100, characters=10_000) for store in both]
        assert one == other is not None


async def test_readers_beside_the_store_find_the_same(both: tuple[Store, Store], url: str, tmp_path: Path) -> None:
    urls = (f"sqlite:///{tmp_path}/gateway.db", url)
    found: list[Any] = []
    for each in urls:
        with kept_threads(each) as threads:
            pages = [threads.page(ThreadQuery(**query), limit=2) for query in ({}, {"user": ADA}, {"feedback": 1})]
            found.append([pages, threads.search("it", ThreadQuery(), limit=3), threads.read("a", limit=3)])
        with feedback.export(each) as rows:
            found[-1].append(list(rows))
        with personal.opened(each, ADA) as person:
            out = StringIO()
            found[-1] += [person.user(), person.write_threads(out), list(person.object_keys())]
            found[-1].append([json.loads(line) for line in out.getvalue().splitlines()])
    assert found[0] == found[1]
    assert found[0][3] and found[0][5].steps == len(OUTPUTS) + 1  # one is nobody's, in her thread


HOSTILE = ("NULL", "null", "", "a,b", "{x}", 'q"q', "back\\slash", "nul\x00", "half \ud83d", "\n", "ü")


async def test_whatever_a_bot_gives_is_kept_the_same(both: tuple[Store, Store]) -> None:
    anything: Any = {
        "nul\x00": "a\x00b",
        "half": "\ud83d",
        "deep": [{"x": None}],
        "big": 10**30,
        "flag": True,
        "f": 0.5,
    }
    odd: Any = True
    records: list[Record] = [
        UserRecord(ADA, anything, 3.0),
        StepRecord("odd", "a", ADA, "x\x00", "tool", 500.0, output="\x00", metadata=anything, tags=HOSTILE),
        StepRecord("none", "a", ADA, "x", "tool", 501.0, tags=()),
        ElementRecord("flag", "a", ADA, "pdf", "a.pdf", page=odd, props=anything),
        ElementRecord("far", "a", ADA, "pdf", "b.pdf", page=2**40, auto_play=odd),
    ]
    for store in both:
        await store.change_records(records)
        await store.upsert_rows([RowUpsert("steps", "odd", {"generation": anything}, None, {"given": anything})])
    kept: dict[Noun, tuple[str, ...]] = {"users": (ADA,), "steps": ("odd", "none"), "elements": ("flag", "far")}
    for noun, ids in kept.items():
        field = "identifier" if noun == "users" else "id"
        query = RecordQuery(noun, (Condition(field, "in", ids),))
        one, other = [list((await store.record_page(query)).rows) for store in both]
        assert one == other and len(one) == len(ids)
    [row] = (await both[1].record_page(RecordQuery("steps", (Condition("id", "eq", "odd"),)))).rows
    assert row["tags"] == [each.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd") for each in HOSTILE]
    assert row["metadata"]["nul\ufffd"] == "a\ufffdb"


async def test_a_search_uses_the_index_of_trigrams(url: str) -> None:
    store = PostgreSQLStore(url)
    await store.open()
    await store.close()
    with psycopg.connect(libpq_url(url), cursor_factory=psycopg.RawCursor) as connection:
        connection.execute("SET enable_seqscan = off")
        text, values = compiled(PostgreSQLWords(), select(steps.c.id).where(says(PostgreSQLWords(), "100% Größe")))
        plan = connection.execute(b"EXPLAIN " + translated(text), values).fetchall()
        offered = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchone()
    assert ("steps_output_trigrams" in str(plan)) == (offered is not None)


class PostgreSQLWords:
    """Stands for a connection to PostgreSQL where only its words are asked for."""

    dialect: DialectName = "postgresql"

    def execute(self, statement: str, values: Any = (), /) -> Any:
        raise NotImplementedError

    executemany = execute
