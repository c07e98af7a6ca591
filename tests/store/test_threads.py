"""Kept threads are listed and searched: which ones, in which order, page by page, whatever is in them."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import SettingsError
from gateway.model import ConversationRef, ElementRecord, FeedbackRecord, Record, StepRecord, ThreadRecord, UserRecord
from gateway.store import SQLiteStore
from gateway.store.threads import KeptThreads, Page, ThreadQuery, kept_threads
from tests.store.threads import keep

DAY = 86_400.0
ADA, GRACE = "slack:T:ada", "teams:T:grace"


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """Give the database of a running gateway with three conversations, of three days."""
    path = tmp_path / "gateway.db"
    store = SQLiteStore(path)
    await store.open()
    rows: list[Record] = [UserRecord(ADA, {}, 0.0), UserRecord(GRACE, {}, 0.0)]
    for n, (user, platform) in enumerate([(ADA, "slack"), (GRACE, "teams"), (ADA, "slack")]):
        at, thread = (n + 1) * DAY, f"t{n}"
        rows.append(ThreadRecord(thread, _ref(platform, n), user, f"title {n}", {}, at, at + 60))
        rows.append(_step(f"{thread}-1", thread, user, at, f"a question about invoice {n}", "user_message"))
        rows.append(_step(f"{thread}-2", thread, user, at + 1, "100 % of the GRÖSSE_", "assistant_message"))
        rows.append(_step(f"{thread}-3", thread, user, at + 2, "looked", "tool"))
    rows.append(_step("t1-4", "t1", ADA, 2 * DAY + 3, "me too", "user_message"))
    rows.append(FeedbackRecord("f", "t1-2", "t1", GRACE, 0, "no", 5.0))
    rows.append(FeedbackRecord("g", "t0-2", "t0", ADA, 1, None, 5.0))
    rows.append(ElementRecord("e", "t0", ADA, "file", "a.csv", for_id="t0-2"))
    await keep(store, *rows)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE threads SET tags = ? WHERE id = 't0'", (json.dumps(["a'b", "Ünit"]),))
        database.execute("UPDATE threads SET tags = 'no JSON' WHERE id = 't1'")
    yield path
    await store.close()


def _ref(platform: str, n: int) -> ConversationRef:
    return ConversationRef(platform=platform, workspace="T", channel=f"C{n}")


def _step(id: str, thread: str, user: str, at: float, output: str, type: str) -> StepRecord:
    return StepRecord(id=id, thread=thread, user=user, name="x", type=type, created_at=at, output=output)


@contextmanager
def opened(path: Path) -> Iterator[KeptThreads]:
    with kept_threads(f"sqlite:///{path}") as threads:
        yield threads


def ids(path: Path, **query: Any) -> list[str]:
    with opened(path) as threads:
        return [each.thread["id"] for each in threads.page(ThreadQuery(**query), limit=10).found]


def hits(path: Path, text: str, **query: Any) -> list[str]:
    with opened(path) as threads:
        return [each.step for each in threads.search(text, ThreadQuery(**query), limit=10).found]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, ["t2", "t1", "t0"]),
        ({"user": ADA}, ["t2", "t1", "t0"]),  # in t1 she was answered, though Grace began it
        ({"user": GRACE}, ["t1"]),
        ({"user": "' OR 1=1 --"}, []),
        ({"platform": "slack"}, ["t2", "t0"]),
        ({"tag": "a'b"}, ["t0"]),
        ({"tag": "Ünit"}, ["t0"]),
        ({"tag": "no JSON"}, []),
        ({"tag": "half \ud83d \x00"}, []),
        ({"feedback": 0}, ["t1"]),
        ({"feedback": 1}, ["t0"]),
        ({"since": 2 * DAY}, ["t2", "t1"]),
        ({"until": 2 * DAY}, ["t0"]),
        ({"since": 2 * DAY, "until": 3 * DAY}, ["t1"]),
        ({"since": 2 * DAY, "platform": "slack", "user": ADA}, ["t2"]),
    ],
)
def test_a_list_has_the_threads_that_are_wanted(path: Path, query: dict[str, Any], wanted: list[str]) -> None:
    assert ids(path, **query) == wanted


@pytest.mark.parametrize(
    ("text", "query", "wanted"),
    [
        ("INVOICE", {}, ["t2-1", "t1-1", "t0-1"]),
        ("größe", {}, ["t2-2", "t1-2", "t0-2"]),
        ("%", {}, ["t2-2", "t1-2", "t0-2"]),
        ("100 % of", {"feedback": 0}, ["t1-2"]),
        ("e_", {"platform": "teams"}, ["t1-2"]),
        ("_of", {}, []),
        ("me", {"user": ADA}, ["t1-4"]),
        ("looked", {"since": 2 * DAY, "until": 3 * DAY}, ["t1-3"]),
        ("'; DROP TABLE steps; --", {}, []),
        ("half \ud83d \x00", {}, []),
    ],
)
def test_a_search_finds_where_it_was_said(path: Path, text: str, query: dict[str, Any], wanted: list[str]) -> None:
    assert hits(path, text, **query) == wanted


def test_a_listed_thread_tells_about_itself(path: Path) -> None:
    with opened(path) as threads:
        listed = threads.page(ThreadQuery(feedback=1), limit=1).found[0]
    assert (listed.thread["name"], listed.thread["userIdentifier"]) == ("title 0", ADA)
    assert (listed.platform, listed.messages) == ("slack", 2)
    assert listed.used_at == "1970-01-02T00:01:00.000000Z"


def test_an_excerpt_is_one_line_around_what_was_said(path: Path) -> None:
    long = "before " * 50 + "the\nneedle " + "behind " * 50
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE steps SET output = ? WHERE id = 't0-1'", (long,))
    with opened(path) as threads:
        [passage] = threads.search("NEEDLE", ThreadQuery(), limit=5).found
    assert "before the needle behind" in passage.excerpt
    assert passage.excerpt[0] == passage.excerpt[-1] == "…" and len(passage.excerpt) < 200
    assert (passage.thread, passage.title, passage.type) == ("t0", "title 0", "user_message")


def test_pages_give_each_thread_once_also_those_without_a_time(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for id in ("u0", "u1"):  # a program that knows nothing of the column made them
            database.execute('INSERT INTO threads (id, "createdAt") VALUES (?, ?)', (id, "1970-01-01"))
    with opened(path) as threads:
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = threads.page(ThreadQuery(), limit=2, cursor=cursor)
            seen += [each.thread["id"] for each in page.found]
            cursor = page.cursor
            if cursor is None:
                break
            assert len(page.found) == 2
    assert seen == ["t2", "t1", "t0", "u1", "u0"]


def test_pages_of_a_search_go_on_where_the_last_one_ended_though_its_step_is_gone(path: Path) -> None:
    with opened(path) as threads:
        page = threads.search("invoice", ThreadQuery(), limit=2)
    assert [each.step for each in page.found] == ["t2-1", "t1-1"]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM steps WHERE id = 't1-1'")
    with opened(path) as threads:
        rest = threads.search("invoice", ThreadQuery(), limit=2, cursor=page.cursor)
    assert ([each.step for each in rest.found], rest.cursor) == (["t0-1"], None)


def test_a_cursor_is_good_for_its_query_alone(path: Path) -> None:
    with opened(path) as threads:
        cursor = threads.page(ThreadQuery(), limit=1).cursor
        assert cursor is not None
    refused: list[Any] = [
        lambda threads: threads.page(ThreadQuery(user=ADA), limit=1, cursor=cursor),
        lambda threads: threads.search("a", ThreadQuery(), limit=1, cursor=cursor),
        lambda threads: threads.page(ThreadQuery(), limit=1, cursor="no cursor"),
        lambda threads: threads.page(ThreadQuery(), limit=1, cursor=""),
        lambda threads: threads.page(ThreadQuery(), limit=1, cursor="\udcff"),
    ]
    for ask in refused:
        with pytest.raises(SettingsError, match="does not belong to this query"), opened(path) as threads:
            ask(threads)


def test_a_thread_is_read_with_its_newest_steps_and_an_unknown_one_is_an_error(path: Path) -> None:
    with opened(path) as threads:
        thread, more = threads.read("t0", limit=2)
        assert ([step.get("id") for step in thread["steps"]], more) == (["t0-2", "t0-3"], True)
        assert [each.get("id") for each in thread["elements"] or []] == ["e"]
        assert threads.read("t0", limit=3)[1] is False
    with pytest.raises(SettingsError, match="there is no thread 'nobody'"), opened(path) as threads:
        threads.read("nobody", limit=1)


def test_the_database_is_seen_as_it_was_when_it_was_opened(path: Path) -> None:
    with opened(path) as threads:
        before: Page[Any] = threads.page(ThreadQuery(), limit=10)
        with closing(sqlite3.connect(path)) as database, database:  # the gateway goes on writing
            database.execute("DELETE FROM threads")
        assert threads.page(ThreadQuery(), limit=10) == before
