"""Databases of every earlier version are migrated, copied first, and nothing in them is lost."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from gateway import step_search
from gateway.errors import SettingsError
from gateway.store import SQLiteStore
from gateway.store.core import codec
from gateway.store.migrations import HEAD, number, revision
from tests.store import old_schemas
from tests.store.contract import (
    ADA,
    LATER,
    effect,
    envelope,
    everything_pending,
    lease_on,
    prune,
    ref,
    session,
)
from tests.store.described import described

VERSIONS = range(1, len(old_schemas.MIGRATIONS) + 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "gateway.db"


def rows(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


async def migrated(path: Path) -> None:
    """Open the database as a gateway does at its start."""
    store = SQLiteStore(path)
    await store.open()
    await store.close()


def dump(path: Path) -> list[str]:
    """All that is in a database, as statements."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_version_that_is_known_is_alembic_s_newest() -> None:
    config = Config()
    config.set_main_option("script_location", "gateway.store:migrations")
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [revision(HEAD)]
    assert [number(each.revision) for each in script.walk_revisions()] == list(range(HEAD, 0, -1))


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_database_of_each_version_becomes_like_a_new_one(path: Path, version: int) -> None:
    old_schemas.make(path, version).close()
    before = dump(path)
    await migrated(path)
    await migrated(path.with_name("new.db"))
    assert described(path) == described(path.with_name("new.db"))
    assert rows(path, "SELECT version_num FROM alembic_version") == [(revision(HEAD),)]
    assert rows(path, "SELECT name FROM sqlite_master WHERE name = 'schema_version'") == []
    copy = path.with_name(f"gateway.db.v{version}")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert dump(copy) == before
    await migrated(copy)  # a copy can take the place of the database


async def test_a_database_that_alembic_knows_is_migrated_from_where_it_is(path: Path) -> None:
    with closing(old_schemas.make(path, 5)) as connection:
        connection.execute("DROP TABLE schema_version")
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('0005')")
    await migrated(path)
    assert rows(path, "SELECT version_num FROM alembic_version") == [(revision(HEAD),)]
    assert rows(path, "SELECT count(*) FROM steps") == [(0,)]


async def test_a_new_database_and_one_that_is_up_to_date_are_not_copied(path: Path) -> None:
    await migrated(path)
    await migrated(path)
    assert not [file for file in path.parent.iterdir() if ".v" in file.name]


SINCE_VERSION_5 = (
    *("users", "threads", "steps", "elements", "feedbacks", "outbox", "admin_requests", "audit"),
    *("documents", "scores"),
)
"""The tables that a database of version 5 has not."""


def test_the_start_on_an_up_to_date_database_imports_no_alembic(path: Path) -> None:
    program = """
import asyncio, sys
from pathlib import Path
from gateway.store import SQLiteStore

async def main():
    store = SQLiteStore(Path(sys.argv[1]))
    await store.open()
    await store.close()

asyncio.run(main())
print("imported" if "alembic" in sys.modules else "not imported")
"""
    command = [sys.executable, "-c", program, str(path)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (made.stdout, again.stdout) == ("not imported\n", "not imported\n")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE alembic_version")
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        connection.execute("INSERT INTO schema_version VALUES (5)")
        for table in SINCE_VERSION_5:
            connection.execute(f"DROP TABLE {table}")
        for table in step_search.TABLES:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE deliveries DROP COLUMN person")
        connection.execute("ALTER TABLE owner DROP COLUMN oldest")
    migrated = subprocess.run(command, capture_output=True, text=True, check=True)
    assert migrated.stdout.splitlines()[-1] == "imported"


async def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    with closing(old_schemas.make(path, 3)) as connection:
        connection.execute("CREATE TABLE message_records (of_somebody TEXT)")  # the fifth migration meets it
    before = dump(path)
    with pytest.raises(SettingsError, match="message_records already exists"):
        await SQLiteStore(path).open()
    assert dump(path) == before
    assert dump(path.with_name("gateway.db.v3")) == before


V1_ROWS = """
UPDATE owner SET epoch = 3, last_seq = 9;
INSERT INTO deliveries (seq, key, conversation, ref, body, received_at, state, attempts, closed_at, error) VALUES
    (1, 'open', 'slack:T1:C1:1.1', :ref, :body, 5.5, 0, 1, NULL, 'boom'),
    (2, 'done', 'slack:T1:C1:1.1', NULL, NULL, 5.5, 1, 0, 7.0, NULL),
    (3, 'dead', 'slack:T1:C1:1.1', :ref, :body, 5.5, 2, 2, 8.0, 'ValueError: no'),
    (4, 'older', 'slack:T1:C1:1.1', :ref, :body, 5.5, 2, 2, 7.5, 'ValueError: no'),
    (5, 'slack:T1:C1:1.1:idle:a:5', 'slack:T1:C1:1.1', :ref, CAST('{"gateway":"idle"}' AS BLOB), 5.5, 0, 0, NULL, NULL);
INSERT INTO effects (delivery, ordinal, kind, body) VALUES
    ('open', 1, 'message', CAST('{"n":1}' AS BLOB)), ('open', 0, 'message', CAST('{"n":0}' AS BLOB)),
    ('dead', 0, 'message', CAST('{}' AS BLOB));
INSERT INTO sessions (conversation, id, ref, opened_by, data, started_at, last_at, ended_at) VALUES
    ('slack:T1:C1:1.1', 'id of 1.1', :ref, :user, CAST('{"count":1}' AS BLOB), 9.0, 10.0, NULL),
    ('slack:T1:C1:ended', 'id of ended', NULL, NULL, NULL, 9.0, 10.0, 11.0);
INSERT INTO payloads (token, body, put_at) VALUES ('s:1', CAST('{"name":"buy"}' AS BLOB), 5.0);
"""


async def test_all_that_version_1_kept_is_found_again(path: Path) -> None:
    connection = old_schemas.make(path, 1)
    blobs = {
        "ref": codec.dump_ref(ref()),
        "body": codec.dumps_foreign(envelope().body),
        "user": codec.dump_user(ADA),
    }
    for statement in V1_ROWS.split(";\n"):
        connection.execute(statement, blobs)
    connection.close()

    store = SQLiteStore(path)
    await store.open()
    assert (await lease_on(store)).token == 4
    (delivery,) = await everything_pending(store)
    assert (delivery.seq, delivery.envelope, delivery.attempts) == (1, envelope("open"), 1)
    assert await everything_pending(store, ref().key) == [delivery]
    assert [letter.key for letter in await store.dead_letters()] == ["dead", "older"]
    assert list(await store.effects(ref().key, "open")) == [effect("open", 0, n=0), effect("open", 1, n=1)]
    assert list(await store.effects(ref().key, "dead")) == [effect("dead")]
    assert await store.load(ref().key) == session()
    assert not await store.exists(ref("ended").key)
    assert list(await store.idle(before=LATER, limit=10)) == [session()]
    assert await store.get_token("s:1") == {"name": "buy"}
    assert not (await store.put(envelope("done"))).new
    # Done, the ending, the ended session, the payload.
    assert await prune(store, done_before=LATER, rest_before=LATER) == 4
    assert (await store.put(envelope("done"))).delivery.seq > 9
    await store.close()


async def test_what_version_4_kept_in_one_table_is_found_in_the_table_of_its_lifetime(path: Path) -> None:
    connection = old_schemas.make(path, 4)
    for n, token in enumerate(
        ("s:1", "m:slack:T1:C1:1.1:a", "m:older", "p:slack:T1:C1:1.1:2.2", "seal", "adapter:x.y")
    ):
        row = (token, codec.dumps({"n": n}), 5.0)
        connection.execute("INSERT INTO payloads (token, body, put_at) VALUES (?, ?, ?)", row)
    connection.execute("INSERT INTO payloads (token, body, put_at) VALUES ('gateway:deaths', ?, 5.0)", (b"[7.0,8.0]",))
    connection.close()

    store = SQLiteStore(path)
    await store.open()
    assert path.with_name("gateway.db.v4").exists()
    messages = ("m:slack:T1:C1:1.1:a", "m:older", "p:slack:T1:C1:1.1:2.2")

    async def found() -> list[Any]:
        bodies = (
            await store.get_token("s:1"),
            *[await store.get_message(key) for key in messages],
            await store.get_value("gateway", "seal"),
            await store.get_value("adapter", "x.y"),
        )
        return [None if body is None else body["n"] for body in bodies]

    assert await found() == [0, 1, 2, 3, 4, 5]
    assert await store.deaths() == [7.0, 8.0]
    assert await prune(store, done_before=0, rest_before=5.0) == 0, "each is as old as it was"
    assert await prune(store, done_before=0, rest_before=6.0) == 5
    assert await found() == [None, None, None, None, 4, None]
    assert await store.deaths() == [7.0, 8.0]
    await store.close()
    assert rows(path, "SELECT name FROM sqlite_master WHERE name LIKE '%payloads%'") == []
