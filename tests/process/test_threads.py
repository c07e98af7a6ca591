"""``gateway threads`` says in one line what is wrong, and ends with exit code 2."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store import SQLiteStore
from tests.process.test_cli import fails, gateway


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """Give a folder with the database of a gateway that nobody wrote to yet."""
    store = SQLiteStore(tmp_path / ".gateway" / "gateway.db")
    await store.open()
    await store.close()
    return tmp_path


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    for command in (("list",), ("search", "x"), ("show", "x")):
        fails(gateway("threads", *command, cwd=tmp_path), "gateway.db", "DATABASE_URL")


def test_a_database_of_a_newer_gateway_is_refused(data: Path) -> None:
    with closing(sqlite3.connect(data / ".gateway" / "gateway.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    fails(gateway("threads", "list", cwd=data), "newer")


def test_an_unknown_conversation_and_a_cursor_of_nobody_are_named(data: Path) -> None:
    fails(gateway("threads", "show", "nobody", cwd=data), "there is no thread 'nobody'", "gateway threads list")
    fails(gateway("threads", "list", "--cursor", "x", cwd=data), "does not belong to this query")
    fails(gateway("threads", "search", "", cwd=data), "nothing to search for")


def test_what_cannot_be_a_filter_is_refused(data: Path) -> None:
    for wrong in (("--feedback", "sideways"), ("--since", "yesterday"), ("--limit", "0"), ("--limit", "1001")):
        result = gateway("threads", "list", *wrong, cwd=data)
        assert (result.returncode, result.stdout) == (2, "")
        assert wrong[0] in result.stderr and "Traceback" not in result.stderr


def test_the_last_of_all_days_is_a_day(data: Path) -> None:
    result = gateway("threads", "list", "--since", "0001-01-01", "--until", "9999-12-31", cwd=data)
    assert (result.returncode, result.stderr) == (0, "no conversations\n")


def test_where_nothing_is_kept_that_is_said(data: Path) -> None:
    result = gateway("threads", "list", cwd=data)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "no conversations\n")
    assert '"data": []' in gateway("threads", "search", "x", "--json", cwd=data).stdout
