"""The commands on a database on PostgreSQL, beside replicas and alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.model import ConversationRef, FeedbackRecord, StepRecord, ThreadRecord, UserRecord
from gateway.store.postgresql import PostgreSQLStore
from tests.process.test_cli import fails, gateway
from tests.store.threads import keep
from tests.support.postgres import database

ADA = "slack:T:ada"
REF = ConversationRef(platform="slack", workspace="T", channel="C")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with database() as url:
        yield url


@pytest.fixture(params=["postgresql+asyncpg", "postgresql"])
async def kept(request: pytest.FixtureRequest, url: str) -> str:
    """A database in which Ada said something, with and without the name of a driver."""
    store = PostgreSQLStore(url)
    await store.open()
    await keep(
        store,
        UserRecord(ADA, {"email": "ada@example.com"}, 0.0),
        ThreadRecord("t", REF, ADA, "Invoices", {}, 1.0, 2.0),
        StepRecord("s", "t", ADA, "Ada", "user_message", 1.0, output="the invoice of May", tags=("x",)),
        FeedbackRecord("f", "s", "t", ADA, 1, "thanks", 3.0),
    )
    await store.close()
    return url.replace("postgresql+asyncpg:", f"{request.param}:")


def told(folder: Path, url: str, *arguments: str) -> str:
    """What a command says that has nothing to complain of."""
    result = gateway(*arguments, cwd=folder, DATABASE_URL=url)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_what_is_kept_is_read(tmp_path: Path, kept: str) -> None:
    assert "Invoices" in told(tmp_path, kept, "threads", "list")
    assert "the invoice of May" in told(tmp_path, kept, "threads", "search", "INVOICE")
    assert "the invoice of May" in told(tmp_path, kept, "threads", "show", "t")
    assert "thanks" in told(tmp_path, kept, "feedback", "export")
    assert told(tmp_path, kept, "db", "current").startswith("version ")
    assert "up to date" in told(tmp_path, kept, "db", "upgrade")
    for command in (("inbox", "list"), ("outbox", "list")):
        told(tmp_path, kept, *command)


def test_a_person_is_exported_and_erased(tmp_path: Path, kept: str) -> None:
    [line] = told(tmp_path, kept, "data", "export", "--user", ADA).splitlines()
    thread = json.loads(line)
    [step] = thread["steps"]
    assert (thread["id"], step["output"], step["tags"]) == ("t", "the invoice of May", ["x"])
    assert step["feedback"]["comment"] == "thanks"
    assert "1 threads, 1 messages" in told(tmp_path, kept, "data", "erase", "--yes", "--user", ADA)
    assert told(tmp_path, kept, "data", "export", "--user", ADA) == ""
    actions = [json.loads(line)["action"] for line in told(tmp_path, kept, "data", "audit", "--json").splitlines()]
    assert actions == ["exported", "erased"]


def test_keys_are_made_listed_and_revoked(tmp_path: Path, url: str) -> None:
    key = told(tmp_path, url, "keys", "create", "--name", "reports").strip()
    assert key.startswith("gw_")
    [entry] = json.loads(told(tmp_path, url, "keys", "list", "--json"))
    assert entry["name"] == "reports"
    assert told(tmp_path, url, "keys", "revoke", key) == f"revoked {entry['id']}\n"


def test_a_backup_is_the_servers_own(tmp_path: Path, kept: str) -> None:
    for command in ("backup", "restore"):
        fails(gateway(command, "file", cwd=tmp_path, DATABASE_URL=kept), "pg_dump")


def test_a_database_without_tables_is_named(tmp_path: Path, url: str) -> None:
    for command in (("threads", "list"), ("data", "export", "--user", ADA), ("inbox", "list")):
        fails(gateway(*command, cwd=tmp_path, DATABASE_URL=url), "no tables yet", "gateway db upgrade")


def test_a_server_that_is_away_is_named_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://ada:secret-word@127.0.0.1:1/x"
    for command in (("threads", "list"), ("keys", "list"), ("data", "erase", "--yes", "--user", ADA)):
        result = gateway(*command, cwd=tmp_path, DATABASE_URL=url)
        fails(result, "DATABASE_URL", "check the URL")
        assert "secret-word" not in result.stderr


async def test_running_replicas_are_asked_to_erase(tmp_path: Path, url: str) -> None:
    store = PostgreSQLStore(url)
    await store.open()
    erased = {"threads": 3, "steps": 2, "elements": 1, "feedbacks": 0}
    try:
        command = asyncio.create_task(asyncio.to_thread(told, tmp_path, url, "data", "erase", "--yes", "--user", ADA))
        async with asyncio.timeout(20):
            while not (requests := await store.requests()):
                await asyncio.sleep(0.05)
        assert [(each.kind, each.argument) for each in requests] == [("erase", ADA)]
        result = {"erased": erased, "files": 0, "anything": True, "rewritten": True, "emptied": True, "copies": []}
        await store.answer_request(requests[0].id, result)
        assert "3 threads, 2 messages" in await command
    finally:
        await store.close()


async def test_a_bot_is_not_forgotten_while_replicas_run(tmp_path: Path, url: str) -> None:
    store = PostgreSQLStore(url)
    await store.open()
    try:
        result = await asyncio.to_thread(gateway, "db", "forget-bots", cwd=tmp_path, DATABASE_URL=url)
        fails(result, "stop all of them first")
    finally:
        await store.close()
    told(tmp_path, url, "db", "forget-bots")
