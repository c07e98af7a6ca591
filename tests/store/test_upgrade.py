"""``gateway db``: tables on SQLite and PostgreSQL are created and migrated, and what cannot be is named."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.errors import SettingsError
from gateway.store import SQLiteStore, tables
from gateway.store.core.tables import metadata
from gateway.store.migrations import HEAD, OLDEST
from gateway.store.postgresql import PostgreSQLStore
from gateway.store.postgresql import schema as postgresql
from tests.store import old_schemas
from tests.support import forks
from tests.support.postgres import database, server_url


@pytest.fixture
async def postgres() -> AsyncIterator[str]:
    async with database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/gateway.db"
        return
    async with database() as made:
        yield made


async def execute(url: str, *statements: str) -> None:
    """Run statements on a database as another program would."""
    engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def differences(url: str) -> list[object]:
    """What a database has that the definition does not have, and the other way round."""

    def compare(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


BESIDE = ("steps_output_trigrams", "steps_search", "replicas", "leases", "deliveries", "effects")
"""What a database has beside the definition of the tables: see ``gateway.store.core.distributed``."""


async def test_tables_are_created_once(url: str) -> None:
    if url.startswith("postgresql"):
        assert await tables.current(url) == 0
    first = await tables.upgrade(url)
    assert (first.before, first.after, first.copy) == (0, HEAD, None)
    assert await tables.current(url) == HEAD
    again = await tables.upgrade(url)
    assert (again.before, again.after, again.copy) == (HEAD, HEAD, None)
    found = [str(each) for each in await differences(url)]
    assert [each for each in found if not any(name in each for name in BESIDE)] == []
    await execute(url, "UPDATE owner SET epoch = epoch + 1 WHERE one = 1 AND last_seq = 0")


async def test_a_database_of_a_newer_gateway_is_refused(url: str) -> None:
    await tables.upgrade(url)
    await execute(url, "UPDATE alembic_version SET version_num = '0099'", "UPDATE owner SET oldest = 98")
    with pytest.raises(
        SettingsError, match=rf"^database .*newer gateway.*version 99, this one knows {HEAD}\): upgrade"
    ):
        await tables.upgrade(url)
    assert await tables.current(url) == 99


async def test_a_replica_goes_on_with_tables_of_a_newer_version_that_allows_it(postgres: str) -> None:
    await tables.upgrade(postgres)
    newer = f"{HEAD + 1:04d}"
    await execute(
        postgres,
        f"UPDATE alembic_version SET version_num = '{newer}'",
        f"UPDATE owner SET oldest = {HEAD}",
        "ALTER TABLE sessions ADD COLUMN colour TEXT",
    )
    done = await tables.upgrade(postgres)
    assert (done.before, done.after) == (HEAD + 1, HEAD + 1)
    for replica in (True, False):
        store = PostgreSQLStore(postgres, replica=replica)
        await store.open()
        assert await store.load("slack:T1:C1:1.1") is None
        await store.close()
    await execute(postgres, f"UPDATE owner SET oldest = {HEAD + 1}")
    for replica in (True, False):
        with pytest.raises(SettingsError, match=f"schema version {HEAD + 1}, this one knows {HEAD}"):
            await PostgreSQLStore(postgres, replica=replica).open()


@pytest.mark.parametrize("migrated", [False, True])
async def test_texts_are_compared_in_the_order_of_characters_in_any_database(postgres: str, migrated: bool) -> None:
    await tables.upgrade(postgres)
    if migrated:
        await execute(
            postgres,
            "UPDATE alembic_version SET version_num = '0011'",
            "ALTER TABLE owner DROP COLUMN oldest",
            'ALTER TABLE threads ALTER id TYPE TEXT COLLATE "default", ALTER "updatedAt" TYPE TEXT COLLATE "default"',
            'ALTER TABLE leases ALTER conversation TYPE TEXT COLLATE "default"',
        )
        assert (await tables.upgrade(postgres)).before == 11
        await execute(postgres, f"UPDATE owner SET epoch = 1 / (CASE WHEN oldest = {OLDEST} THEN 1 ELSE 0 END)")
    engine = create_async_engine(postgres)
    async with engine.connect() as connection:
        others = await connection.execute(
            text("""SELECT table_name, column_name FROM information_schema.columns
                WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'""")
        )
        found = [tuple(row) for row in others]
    await engine.dispose()
    assert found == [("steps", "output")]


async def test_a_database_of_another_program_is_refused(url: str) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    await execute(url, "CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('5f3a')")
    for act in (tables.upgrade, tables.current):
        with pytest.raises(SettingsError, match="belongs to another program"):
            await act(url)


async def test_a_url_of_no_known_database(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="mysql: cannot be used") as caught:
        await tables.upgrade("mysql://ada:secret-word@127.0.0.1/x")
    assert "secret-word" not in str(caught.value)


# SQLite


async def test_a_file_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    old_schemas.make(path, 4).close()
    url = f"sqlite:///{path}"
    assert await tables.current(url) == 4
    done = await tables.upgrade(url)
    assert (done.before, done.after, done.copy) == (4, HEAD, path.with_name("gateway.db.v4"))
    assert await tables.current(f"sqlite:///{done.copy}") == 4
    assert stat.S_IMODE(path.with_name("gateway.db.v4").stat().st_mode) == 0o600


async def test_a_file_that_a_gateway_uses_is_refused_and_the_process_named(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    url = f"sqlite:///{store.path}"
    with pytest.raises(SettingsError, match=f"process {os.getpid()} is using it: stop that one"):
        await tables.upgrade(url)
    assert await tables.current(url) == HEAD
    await store.ping()
    await store.close()


async def test_the_version_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is none"):
        await tables.current(f"sqlite:///{tmp_path}/gateway.db")
    assert list(tmp_path.iterdir()) == []


# PostgreSQL


async def test_two_upgrades_at_once(postgres: str) -> None:
    done = await asyncio.gather(tables.upgrade(postgres), tables.upgrade(postgres))
    assert sorted(each.before for each in done) == [0, HEAD]


async def test_an_upgrade_waits_for_another_one_only_so_long(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.05)
    engine = create_async_engine(postgres)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": postgresql.LOCK})
        with pytest.raises(SettingsError, match="another upgrade is running"):
            await tables.upgrade(postgres)
    await engine.dispose()
    assert await tables.current(postgres) == 0


async def test_tables_of_the_same_names_are_left_alone(postgres: str) -> None:
    await execute(postgres, "CREATE TABLE threads (id UUID PRIMARY KEY)")
    with pytest.raises(SettingsError, match="has a table 'threads' that the gateway did not make"):
        await tables.upgrade(postgres)


async def test_texts_have_an_index_where_the_server_has_trigrams(postgres: str) -> None:
    done = await tables.upgrade(postgres)
    engine = create_async_engine(postgres)
    async with engine.connect() as connection:
        offered = await connection.execute(text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"))
        made = await connection.execute(text("SELECT 1 FROM pg_indexes WHERE indexname = 'steps_output_trigrams'"))
        there = (offered.scalar(), made.scalar(), len(done.notices))
    await engine.dispose()
    assert there in ((1, 1, 0), (None, None, 1))


async def test_without_trigrams_the_upgrade_is_done_and_says_so(postgres: str) -> None:
    """A function in the way of the extension's keeps it from being created, as a missing file of it would."""
    await execute(postgres, "CREATE FUNCTION similarity(text, text) RETURNS real LANGUAGE sql AS 'SELECT 1.0::real'")
    done = await tables.upgrade(postgres)
    assert len(done.notices) == 1
    assert "pg_trgm is not to be had" in done.notices[0]
    assert "\n" not in done.notices[0]
    assert await tables.current(postgres) == HEAD


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("/no_such_database", 'database "no_such_database" does not exist'),
        ("/x?sslmode=nonsense", "sslmode"),
    ],
)
async def test_a_server_that_refuses_is_named_without_the_password(postgres: str, rest: str, said: str) -> None:
    address = server_url().partition("@")[2].partition("/")[0]
    with pytest.raises(SettingsError) as caught:
        await tables.upgrade(f"postgresql://postgres:secret-word@{address}{rest}")
    line = str(caught.value)
    assert line.startswith(f"database postgresql://postgres@{address}/")
    assert said in line
    assert "secret-word" not in line
    assert "\n" not in line


async def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(SettingsError, match=r'pip install "bot-gateway\[postgresql\]"'):
        await tables.current("postgresql://127.0.0.1/x")


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="check the URL, that the server runs"):
        await tables.current("postgresql://127.0.0.1:1/x")


# The command


def gateway(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "DATABASE_URL"))}
    return forks.run("db", *arguments, folder=folder, environment=kept)


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    path = tmp_path / ".gateway" / "gateway.db"
    old_schemas.make(path, 5).close()
    assert gateway("current", folder=tmp_path).stdout == (
        f"version 5; this gateway takes version {HEAD}: run `gateway db upgrade`\n"
    )
    assert gateway("upgrade", folder=tmp_path).stdout == (
        f"migrated the tables from version 5 to {HEAD}\nthe database as it was is in .gateway/gateway.db.v5\n"
    )
    current = gateway("current", folder=tmp_path).stdout
    assert current.startswith(f"version {HEAD}, up to date\ncopies of former versions")
    assert current.endswith(": delete those you need no more\n    .gateway/gateway.db.v5\n")
    assert gateway("upgrade", folder=tmp_path).stdout == f"the tables are up to date: version {HEAD}\n"
    other = f"sqlite:///{tmp_path}/other.db"
    assert gateway("upgrade", "--url", other, folder=tmp_path).stdout == f"created the tables: version {HEAD}\n"
    with closing(old_schemas.make(tmp_path / "new.db", 5)) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    refused = gateway("upgrade", "--url", f"sqlite:///{tmp_path}/new.db", folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "newer gateway" in refused.stderr
