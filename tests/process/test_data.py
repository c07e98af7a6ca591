"""``gateway data`` says in one line what is wrong with a person's name or a place, and ends with exit code 2."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.test_cli import fails, gateway
from tests.process.test_threads import data

__all__ = ["data"]


@pytest.mark.parametrize("user", ["ada", "slack:T1", "slack::U1", "slack:T1:\udc80"])
def test_what_names_nobody_is_refused(data: Path, user: str) -> None:
    for command in ("export", "erase", "audit"):
        fails(gateway("data", command, "--user", user, cwd=data), "--user", "PLATFORM:WORKSPACE:ID")


def test_a_name_that_is_a_statement_is_a_name(data: Path) -> None:
    user = "slack:T1:'; DROP TABLE users; --"
    assert gateway("data", "export", "--user", user, cwd=data).returncode == 0
    assert gateway("data", "erase", "--user", user, cwd=data).stdout == f"nothing is kept of {user}\n"
    with closing(sqlite3.connect(data / ".gateway" / "gateway.db")) as database:
        assert database.execute("SELECT count(*) FROM users").fetchall() == [(0,)]


def test_where_nothing_is_kept_nothing_is_written(data: Path) -> None:
    result = gateway("data", "export", "--user", "slack:T1:U1", "ada.jsonl", cwd=data)
    assert (result.returncode, result.stderr) == (0, "gateway: nothing is kept of slack:T1:U1\n")
    assert [path.name for path in data.iterdir()] == [".gateway"]


def test_a_database_that_no_gateway_ran_on_yet_is_exported_and_audited(tmp_path: Path) -> None:
    assert gateway("db", "upgrade", cwd=tmp_path).returncode == 0
    with closing(sqlite3.connect(tmp_path / ".gateway" / "gateway.db")) as database, database:
        database.execute("""INSERT INTO users (id, identifier, metadata) VALUES ('1', 'slack:T1:U1', '{}')""")
        database.execute("""INSERT INTO threads (id, "userId", "userIdentifier") VALUES ('t', '1', 'slack:T1:U1')""")
    result = gateway("data", "export", "--user", "slack:T1:U1", cwd=tmp_path)
    assert (result.returncode, json.loads(result.stdout)["id"]) == (0, "t"), result.stderr
    audit = gateway("data", "audit", "--user", "slack:T1:U1", "--json", cwd=tmp_path)
    assert json.loads(audit.stdout)["action"] == "exported", audit.stdout
