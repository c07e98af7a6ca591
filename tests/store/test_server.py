"""What is said at the start of a PostgreSQL server on which messages could be lost."""

from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from gateway.errors import SettingsError
from gateway.store.postgresql import PostgreSQLStore, server
from tests.store.test_replicas import run
from tests.support.postgres import database


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with database() as url:
        yield url


async def refusal(url: str) -> str:
    store = PostgreSQLStore(url)
    with pytest.raises(SettingsError) as caught:
        await store.open()
    return str(caught.value)


async def set_always(url: str, name: str, value: str) -> None:
    (database,) = (await run(url, "SELECT current_database()"))[0]
    await run(url, f"ALTER DATABASE {database} SET {name} = {value}")


async def test_a_server_that_only_reads_is_refused(url: str) -> None:
    await set_always(url, "default_transaction_read_only", "on")
    assert "default_transaction_read_only" in await refusal(url)


async def test_an_old_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OLDEST", 99)
    assert "99 or newer is needed" in await refusal(url)


def test_two_connections_that_share_one_are_those_of_a_pooler(url: str) -> None:
    with (
        closing(server.connected(url, "first", seconds=5)) as first,
        closing(server.connected(url, "second", seconds=5)) as second,
    ):
        server.examine(first, second)
        with pytest.raises(SettingsError, match="PgBouncer in transaction mode"):
            server.examine(first, first)


async def test_a_server_that_may_lose_what_it_committed_is_warned_of(url: str) -> None:
    await set_always(url, "synchronous_commit", "off")
    store = PostgreSQLStore(url)
    with capture_logs() as logs:
        await store.open()
        await store.close()
    (line,) = [each for each in logs if each["event"] == "database.unsafe"]
    assert line["setting"] == "synchronous_commit"
    assert "set it to on" in line["risk"]


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:geheim@127.0.0.1:1/x", "postgresql+asyncpg://me:geheim@127.0.0.1:1/x", "postgres://me@[::1]:1/x"],
)
async def test_a_server_that_is_not_there_is_named_without_its_password(url: str) -> None:
    said = await refusal(url)
    assert "geheim" not in said
    assert "check the URL" in said
    assert "\n" not in said
